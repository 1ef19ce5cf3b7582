//! Pins, parameters and probes of the bipolar transistor.

use std::borrow::Cow;

use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind, optional_pin, pin, probe};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const INF: f64 = f64::INFINITY;

/// A coefficient of temperature, 1/K or 1/K², of the parameter that its name names.
const fn coefficient(name: &'static str, order: usize, doc: &'static str) -> Param {
    Param::new(name, 0.0, if order == 1 { "1/K" } else { "1/K²" }, doc).model()
}

const FIRST: &str = "first temperature coefficient of the parameter in its name";
const SECOND: &str = "second temperature coefficient of the parameter in its name";

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("bjt"),
    letter: Some('q'),
    models: &["npn", "pnp"],
    model: ModelUse::Required,
    doc: Cow::Borrowed("Bipolar transistor, level 1 (Gummel and Poon, quasi-saturation after Kull)"),
    pins: Cow::Borrowed(&[
        pin("c", "collector"),
        pin("b", "base"),
        pin("e", "emitter"),
        optional_pin("s", "substrate; ground where absent"),
    ]),
    positional: &["area", "off"],
    params: Cow::Borrowed(&[
        Param::new("area", 1.0, "", "factor on currents and capacitances, 1/factor on resistances")
            .range(POSITIVE, INF),
        Param::absent("areab", "", "of the base–collector junction; area where absent").range(POSITIVE, INF),
        Param::absent("areac", "", "of the substrate junction; area where absent").range(POSITIVE, INF),
        Param::new("m", 1.0, "", "number in parallel").range(POSITIVE, INF),
        Param::new("off", 0.0, "", "1: the operating point is sought from 0 V"),
        Param::new("ic", 0.0, "V", "vbe, vce at the start of a transient with UIC").of(ValueKind::Numbers),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::new("level", 1.0, "", "only level 1 is known").model().range(1.0, 1.0),
        Param::new("is", 1e-16, "A", "transport saturation current").model().range(0.0, INF),
        Param::absent("ibe", "A", "base–emitter saturation current; is where ibe or ibc is absent")
            .model()
            .range(0.0, INF),
        Param::absent("ibc", "A", "base–collector saturation current, likewise").model().range(0.0, INF),
        Param::new("bf", 100.0, "", "ideal forward current gain").model().range(POSITIVE, INF),
        Param::new("nf", 1.0, "", "forward emission coefficient").model().range(POSITIVE, INF),
        Param::absent("vaf", "V", "forward Early voltage; infinite where absent").model().alias(&["va"]),
        Param::absent("ikf", "A", "corner of the forward gain at high current").model().alias(&["ik"]).range(0.0, INF),
        Param::absent("ise", "A", "base–emitter leakage; c2·is where absent").model().range(0.0, INF),
        Param::new("c2", 0.0, "", "ise over is").model().range(0.0, INF),
        Param::new("ne", 1.5, "", "emission coefficient of the base–emitter leakage").model().range(POSITIVE, INF),
        Param::new("br", 1.0, "", "ideal reverse current gain").model().range(POSITIVE, INF),
        Param::new("nr", 1.0, "", "reverse emission coefficient").model().range(POSITIVE, INF),
        Param::absent("var", "V", "reverse Early voltage; infinite where absent").model().alias(&["vb"]),
        Param::absent("ikr", "A", "corner of the reverse gain at high current").model().range(0.0, INF),
        Param::absent("isc", "A", "base–collector leakage; c4·is where absent").model().range(0.0, INF),
        Param::new("c4", 0.0, "", "isc over is").model().range(0.0, INF),
        Param::new("nc", 2.0, "", "emission coefficient of the base–collector leakage").model().range(POSITIVE, INF),
        Param::new("nk", 0.5, "", "exponent of the rolloff at high current")
            .model()
            .alias(&["nkf"])
            .range(POSITIVE, 1.0),
        Param::new("rb", 0.0, "ohm", "base resistance at zero bias").model().range(0.0, INF),
        Param::absent("irb", "A", "base current where rb is halfway to rbm").model().alias(&["jrb"]).range(0.0, INF),
        Param::absent("rbm", "ohm", "least base resistance; rb where absent").model().range(0.0, INF),
        Param::new("re", 0.0, "ohm", "emitter resistance").model().range(0.0, INF),
        Param::new("rc", 0.0, "ohm", "collector resistance").model().range(0.0, INF),
        Param::new("cje", 0.0, "F", "base–emitter capacitance at 0 V").model().range(0.0, INF),
        Param::new("vje", 0.75, "V", "potential of the base–emitter junction")
            .model()
            .alias(&["pe"])
            .range(POSITIVE, INF),
        Param::new("mje", 0.33, "", "grading of the base–emitter junction").model().alias(&["me"]).range(0.0, 0.999),
        Param::new("tf", 0.0, "s", "forward transit time").model().range(0.0, INF),
        Param::new("xtf", 0.0, "", "how tf depends on bias").model(),
        Param::absent("vtf", "V", "how tf depends on vbc").model(),
        Param::new("itf", 0.0, "A", "how tf depends on the current").model().alias(&["jtf"]).range(0.0, INF),
        Param::new("cjc", 0.0, "F", "base–collector capacitance at 0 V").model().range(0.0, INF),
        Param::new("vjc", 0.75, "V", "potential of the base–collector junction")
            .model()
            .alias(&["pc"])
            .range(POSITIVE, INF),
        Param::new("mjc", 0.33, "", "grading of the base–collector junction").model().alias(&["mc"]).range(0.0, 0.999),
        Param::new("xcjc", 1.0, "", "part of cjc at the inner base").model().alias(&["cdis"]).range(0.0, 1.0),
        Param::new("tr", 0.0, "s", "reverse transit time").model().range(0.0, INF),
        Param::new("cjs", 0.0, "F", "substrate capacitance at 0 V").model().alias(&["ccs", "csub"]).range(0.0, INF),
        Param::new("vjs", 0.75, "V", "potential of the substrate junction")
            .model()
            .alias(&["ps", "psub"])
            .range(POSITIVE, INF),
        Param::new("mjs", 0.0, "", "grading of the substrate junction")
            .model()
            .alias(&["ms", "esub"])
            .range(0.0, 0.999),
        Param::absent("iss", "A", "saturation current of the substrate junction").model().range(0.0, INF),
        Param::new("ns", 1.0, "", "emission coefficient of the substrate junction").model().range(POSITIVE, INF),
        Param::absent("subs", "", "1: substrate below the collector, −1: below the base; 1 for npn, −1 for pnp")
            .model()
            .range(-1.0, 1.0),
        Param::new("fc", 0.5, "", "part of a potential above which its capacitance is linear")
            .model()
            .range(0.0, 0.9999),
        Param::absent("rco", "ohm", "resistance of the epitaxial collector; quasi-saturation where given")
            .model()
            .range(0.01, INF),
        Param::new("vo", 10.0, "V", "carrier velocity saturation in the epitaxial collector")
            .model()
            .range(POSITIVE, INF),
        Param::new("gamma", 1e-11, "", "doping of the epitaxial collector").model().range(0.0, INF),
        Param::new("qco", 0.0, "C", "charge of the epitaxial collector").model().range(0.0, INF),
        Param::new("xtb", 0.0, "", "exponent of temperature of the gains").model().alias(&["tb"]),
        Param::new("eg", 1.11, "eV", "band gap, for the temperature law of is").model(),
        Param::new("xti", 3.0, "", "exponent of the temperature law of is").model().alias(&["pt"]),
        Param::new("tlev", 0.0, "", "0: gains go as Tˣᵗᵇ, 1: as 1 + xtb·(T − Tnom)").model().range(0.0, 1.0),
        Param::new("tlevc", 0.0, "", "capacitances by temperature: only 0 is known").model().range(0.0, 0.0),
        coefficient("tbf1", 1, FIRST),
        coefficient("tbf2", 2, SECOND),
        coefficient("tbr1", 1, FIRST),
        coefficient("tbr2", 2, SECOND),
        coefficient("tikf1", 1, FIRST),
        coefficient("tikf2", 2, SECOND),
        coefficient("tikr1", 1, FIRST),
        coefficient("tikr2", 2, SECOND),
        coefficient("tirb1", 1, FIRST),
        coefficient("tirb2", 2, SECOND),
        coefficient("tnf1", 1, FIRST),
        coefficient("tnf2", 2, SECOND),
        coefficient("tnr1", 1, FIRST),
        coefficient("tnr2", 2, SECOND),
        coefficient("tne1", 1, FIRST),
        coefficient("tne2", 2, SECOND),
        coefficient("tnc1", 1, FIRST),
        coefficient("tnc2", 2, SECOND),
        coefficient("tns1", 1, FIRST),
        coefficient("tns2", 2, SECOND),
        coefficient("tvaf1", 1, FIRST),
        coefficient("tvaf2", 2, SECOND),
        coefficient("tvar1", 1, FIRST),
        coefficient("tvar2", 2, SECOND),
        coefficient("trb1", 1, FIRST).alias(&["trb"]),
        coefficient("trb2", 2, SECOND),
        coefficient("trm1", 1, "first temperature coefficient of rbm").alias(&["trm"]),
        coefficient("trm2", 2, "second temperature coefficient of rbm"),
        coefficient("trc1", 1, FIRST).alias(&["trc"]),
        coefficient("trc2", 2, SECOND),
        coefficient("tre1", 1, FIRST).alias(&["tre"]),
        coefficient("tre2", 2, SECOND),
        coefficient("ttf1", 1, FIRST),
        coefficient("ttf2", 2, SECOND),
        coefficient("ttr1", 1, FIRST),
        coefficient("ttr2", 2, SECOND),
        coefficient("titf1", 1, FIRST),
        coefficient("titf2", 2, SECOND),
        coefficient("tmje1", 1, FIRST),
        coefficient("tmje2", 2, SECOND),
        coefficient("tmjc1", 1, FIRST),
        coefficient("tmjc2", 2, SECOND),
        coefficient("tmjs1", 1, FIRST),
        coefficient("tmjs2", 2, SECOND),
        Param::absent("tnom", "°C", "temperature at which the parameters hold").model().alias(&["tref"]),
        Param::new("kf", 0.0, "", "flicker noise coefficient").model(),
        Param::new("af", 1.0, "", "flicker noise exponent").model(),
    ]),
    probes: Cow::Borrowed(&[
        probe("ic", "A", "current into the inner collector; of an npn transistor, also below"),
        probe("ib", "A", "current into the inner base"),
        probe("ie", "A", "current into the inner emitter"),
        probe("is", "A", "current into the substrate"),
        probe("vbe", "V", "base–emitter voltage inside"),
        probe("vbc", "V", "base–collector voltage inside"),
        probe("gm", "S", "transconductance"),
        probe("gpi", "S", "conductance from base to emitter"),
        probe("gmu", "S", "conductance from base to collector"),
        probe("go", "S", "output conductance"),
        probe("gx", "S", "conductance of the base resistance; 0 without one"),
        probe("cpi", "F", "capacitance from base to emitter"),
        probe("cmu", "F", "capacitance from base to collector"),
        probe("cbx", "F", "capacitance from the outer base to the collector"),
        probe("csub", "F", "capacitance of the substrate junction"),
        probe("ft", "Hz", "transit frequency gm/2π(cpi + cmu + cbx)"),
    ]),
    paths: Cow::Borrowed(&[
        Path { a: 0, b: 1, conduct: Conduct::Yes },
        Path { a: 1, b: 2, conduct: Conduct::Yes },
        Path { a: 0, b: 3, conduct: Conduct::No },
    ]),
};
