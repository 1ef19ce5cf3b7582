//! The form of each kind of statement, as a report shows it.

use crate::syntax::parser::Rule;

/// A code, what the statement is called, and its form.
pub fn of(rule: Rule, text: &str) -> (&'static str, String, String) {
    let own = |code, what: &str, form: &str| (code, what.to_owned(), form.to_owned());
    match rule {
        Rule::model_line => own("syntax::model", ".model card", ".model NAME TYPE (PARAMETER=VALUE …)"),
        Rule::param_line => own("syntax::param", ".param card", ".param NAME=VALUE NAME={EXPRESSION} …"),
        Rule::func_line => own("syntax::func", ".func card", ".func NAME(X, Y=DEFAULT) = EXPRESSION"),
        Rule::subckt_line => own("syntax::subckt", ".subckt card", ".subckt NAME PORT … PARAMETER=DEFAULT …"),
        Rule::for_line => own("syntax::for", ".for statement", ".for i = FIRST:LAST, j in [LIST] { … }"),
        Rule::expr_line => own("syntax::expression", "expression", "a + b*c, V(node), f(x), {x}, [1, 2], a ? b : c"),
        Rule::device_line => own("syntax::device", ".device card", card("device")),
        Rule::block_line => {
            let name = first_word(text);
            ("syntax::block", format!(".{name} card"), card(&name).to_owned())
        }
        Rule::routine_line => {
            let name = first_word(text);
            (
                "syntax::protocol",
                format!(".{name} card"),
                card(if name == "func" { "func ->" } else { "protocol" }).to_owned(),
            )
        }
        Rule::experiment_line => own("syntax::experiment", ".experiment card", card("experiment")),
        Rule::signal_line => own("syntax::signal", ".signal card", card("signal")),
        Rule::card_line => {
            let name = first_word(text);
            ("syntax::card", "card".to_owned(), card(&name).to_owned())
        }
        Rule::param_item => own("syntax::device-param", "parameter of a device", statement("param")),
        Rule::state_item => own("syntax::state", "state of a device", statement("state")),
        Rule::equation => own("syntax::equation", "equation", statement("equation")),
        Rule::cycle_line => own("syntax::cycle", "`cycle when`", statement("cycle")),
        Rule::warn_line => own("syntax::warn", "`warn when`", statement("warn")),
        Rule::when_line => own("syntax::when", "`when`", statement("when")),
        Rule::vary_item => own("syntax::vary", "draw", statement("vary")),
        Rule::stuck_item => own("syntax::stuck", "`stuck`", statement("stuck")),
        Rule::layer_item => own("syntax::layer", "layer", statement("layer")),
        Rule::update_line => own("syntax::assignment", "assignment", statement("update")),
        Rule::force_line => own("syntax::force", "`force`", statement("force")),
        Rule::pulse_line => own("syntax::pulse", "`pulse`", statement("pulse")),
        Rule::ramp_line => own("syntax::ramp", "`ramp`", statement("ramp")),
        Rule::float_line => own("syntax::float", "`float`", statement("float")),
        Rule::wait_line => own("syntax::wait", "`wait`", statement("wait")),
        Rule::settle_line => own("syntax::settle", "`settle`", statement("settle")),
        Rule::repeat_line => own("syntax::repeat", "`repeat`", statement("repeat")),
        Rule::forever_line => own("syntax::forever", "`forever`", statement("forever")),
        Rule::loop_line if text.len() > 4 && text[..5].eq_ignore_ascii_case("sweep") => {
            own("syntax::sweep", "`sweep`", statement("sweep"))
        }
        Rule::loop_line => own("syntax::loop", "`for`", statement("for")),
        Rule::if_line => own("syntax::if", "`if`", statement("if")),
        Rule::else_line => own("syntax::else", "`else`", statement("if")),
        Rule::par_line => own("syntax::par", "`par`", statement("par")),
        Rule::let_line => own("syntax::let", "`let`", statement("let")),
        Rule::montecarlo_line => own("syntax::montecarlo", "`montecarlo`", statement("montecarlo")),
        Rule::analysis_line => own(
            "syntax::analysis",
            "analysis",
            "op, dc SOURCE START STOP STEP, ac dec POINTS START STOP, tran TIME or tran {EXPRESSION}",
        ),
        Rule::measure_line => own("syntax::measure", "`measure`", statement("measure")),
        Rule::record_line => own("syntax::record", "`record`", statement("record")),
        Rule::assert_line => own("syntax::assert", "`assert`", statement("assert")),
        Rule::snapshot_line => own("syntax::snapshot", "`snapshot`", statement("snapshot")),
        Rule::plot_line => own("syntax::plot", "`plot`", statement("plot")),
        Rule::histogram_line => own("syntax::histogram", "`histogram`", statement("histogram")),
        Rule::save_line => own("syntax::save", "`save`", statement("save")),
        _ => own("syntax::element", "element", element(text)),
    }
}

fn first_word(text: &str) -> String {
    text.chars().skip(1).take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// The form of a line inside a block, by its first word.
pub fn statement(word: &str) -> &'static str {
    match word {
        "param" => "param NAME=DEFAULT NAME=DEFAULT in LOW:HIGH … ; UNIT  meaning",
        "state" => "state NAME = START in LOW:HIGH [reflect] [settles]   or   state NAME[0:N-1] = START",
        "equation" => "I(a,b) = EXPRESSION   or   V(a,b) = EXPRESSION   or   ddt(STATE) = EXPRESSION",
        "cycle" => "cycle when CONDITION",
        "warn" => "warn when CONDITION \"what is wrong then\"",
        "when" => "when CONDITION { STATE = VALUE … }   or   when hazard(RATE) { STATE = VALUE … }",
        "vary" => {
            "device NAME, NAME ~ normal(13%) in LOW:HIGH   or   cycle NAME ~ lognormal(15%)   or   telegraph NAME ~ levels(1, 0.9, \
             dwell=[5m, 2m])"
        }
        "stuck" => "stuck p=SHARE NAME ~ uniform(LOW, HIGH) …",
        "layer" => "input 28x28   conv 32 5x5 same activation=relu weights=\"FILE\"   maxpool 2x2   dense 10",
        "update" => "NAME = VALUE, NAME[i,j] += VALUE, a, b = VALUE, VALUE",
        "force" => "force NET = VOLTAGE, I(NET) = CURRENT limit VOLTAGE, …",
        "pulse" => "pulse NET = LEVEL, NET = LEVEL … for WIDTH",
        "ramp" => "ramp NET = FROM to TO in TIME   or   ramp I(NET) = FROM to TO limit VOLTAGE in TIME",
        "float" => "float NET, NET[:] …",
        "wait" => "wait TIME   or   wait until CONDITION timeout TIME",
        "settle" => "settle",
        "repeat" => "repeat [COUNTER] until CONDITION max COUNT { … }",
        "forever" => "forever { … }",
        "for" => "for i = FIRST:LAST, j in [LIST] { … }",
        "sweep" => "sweep NAME in [LIST], NAME = FIRST:LAST { … }",
        "if" | "else" => "if CONDITION { … } else if CONDITION { … } else { … }",
        "par" => "par { { … } { … } }   or   par first { … }",
        "let" => "let NAME, NAME = VALUE, VALUE",
        "montecarlo" => "montecarlo COUNT seed NUMBER { … }",
        "measure" => "measure NAME = VALUE, NAME …",
        "record" => "record NAME = VALUE, NAME …",
        "assert" => "assert CONDITION \"WHY\"   or   assert A ~= B within 1%",
        "snapshot" => "snapshot V(NET), table … every TIME within 1% shift TIME",
        "plot" => "plot Y vs X, Y vs X …",
        "histogram" => "histogram VALUE bins FIRST:LAST fit normal",
        "save" => "save VALUE to \"FILE.npy\"",
        _ => "NAME = VALUE",
    }
}

/// The form of a dot card.
pub fn card(card: &str) -> &'static str {
    match card {
        "tran" => ".tran STEP STOP [START [MAXSTEP]] [uic]",
        "dc" => ".dc SOURCE START STOP STEP [SOURCE START STOP STEP]",
        "noise" => ".noise V(OUT[, REF]) SOURCE dec|oct|lin POINTS START STOP",
        "ac" => ".ac dec|oct|lin POINTS START STOP",
        "step" => ".step param NAME START STOP STEP   or   .step param NAME list VALUE …",
        "ic" | "nodeset" => ".ic V(node)=VALUE …",
        "meas" | "measure" => {
            ".meas tran NAME avg|min|max|pp|rms|integ V(node) from=A to=B   or   trig … targ …   or   find … when …"
        }
        "options" | "option" | "opt" => ".options NAME=VALUE NAME …",
        "temp" => ".temp CELSIUS",
        "print" | "plot" | "save" | "probe" => ".save V(node) I(part) @part[quantity] …",
        "device" => ".device NAME (PIN PIN) { param … state … I(a,b) = … }",
        "variation" => ".variation NAME { device PARAMETER ~ normal(5%) }",
        "always" => ".always NAME { … }",
        "protocol" => ".protocol NAME(ARGUMENT, ARGUMENT=DEFAULT) -> RESULT, RESULT { … }",
        "func ->" => ".func NAME(ARGUMENT, ARGUMENT=DEFAULT) -> RESULT, RESULT { … }",
        "experiment" => {
            ".experiment NAME [(ARGUMENT …)] [with PARAMETER=VALUE, …] [slow] { … }   or   .experiment NAME = TEMPLATE(…)"
        }
        "network" => ".network NAME { input 28x28 … dense 10 }",
        "smu" => ".smu NET NET[0:7] … edge=TIME noise=SHARE",
        "signal" => ".signal NAME=START BUS[0:7]=START …",
        _ => ".CARD WORD … NAME=VALUE …",
    }
}

fn element(text: &str) -> &'static str {
    match text.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b'r') => "Rname n+ n- VALUE [tc1=… tc2=…]",
        Some(b'c') => "Cname n+ n- VALUE [ic=…]",
        Some(b'l') => "Lname n+ n- VALUE [ic=…]",
        Some(b'k') => "Kname L1 L2 COUPLING",
        Some(b'v') => "Vname n+ n- [dc] VALUE [ac MAG [PHASE]] [PULSE(…) | SIN(…) | PWL(…) | EXP(…)]",
        Some(b'i') => "Iname n+ n- [dc] VALUE [ac MAG [PHASE]] [PULSE(…) | SIN(…) | PWL(…) | EXP(…)]",
        Some(b'e') => "Ename n+ n- nc+ nc- GAIN   or   Ename n+ n- VALUE={EXPRESSION}",
        Some(b'g') => "Gname n+ n- nc+ nc- GM   or   Gname n+ n- VALUE={EXPRESSION}",
        Some(b'f') => "Fname n+ n- VSOURCE GAIN",
        Some(b'h') => "Hname n+ n- VSOURCE R",
        Some(b'b') => "Bname n+ n- V=EXPRESSION   or   Bname n+ n- I=EXPRESSION",
        Some(b'd') => "Dname anode cathode MODEL [AREA]",
        Some(b'm') => "Mname d g s b MODEL w=… l=…",
        Some(b'q') => "Qname c b e MODEL [AREA]",
        Some(b's') => "Sname n+ n- nc+ nc- MODEL",
        Some(b'x') => "Xname NODE … SUBCIRCUIT PARAMETER=VALUE …",
        _ => "NAME NODE … VALUE PARAMETER=VALUE …",
    }
}
