//! Mistakes that show in the graph of a circuit, before any matrix exists: nets without a DC path, loops of voltage
//! sources, cut sets of current sources, loose ends.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::unionfind::UnionFind;

use super::kind::{Conduct, Path};
use super::plan::{AnalysisKind, Plan};
use super::{Circuit, Net, NetId, Part, PartId, Setting};
use crate::diag::{Diagnostic, Severity};

/// Findings of one kind that are written out; the rest are counted.
const SHOWN: usize = 10;

/// Whether more may be connected to a net of this name than the circuit shows.
type Doubt<'a> = &'a dyn Fn(&str) -> bool;

/// Everything wrong with the graph of a circuit that runs as `plan` says. Nets in `doubt` miss some of their parts,
/// because a line is wrong: nothing is said of what they lack.
pub fn check(circuit: &Circuit, plan: &Plan, doubt: Doubt) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    // Without an operating point capacitors hold what inductors and sources leave open.
    let starts_from_charges = |k: &AnalysisKind| matches!(k, AnalysisKind::Tran { uic: true, .. });
    let dynamic = !plan.analyses.is_empty() && plan.analyses.iter().all(|a| starts_from_charges(&a.kind));
    loose_ends(circuit, plan, doubt, &mut out);
    voltage_loops(circuit, dynamic, &mut out);
    if plan.options.rshunt.is_infinite() {
        floating(circuit, dynamic, doubt, &mut out);
    }
    out
}

/// The nets at an end of a path: none for a pin left unconnected, several for a repeated one.
fn ends(part: &Part, pin: usize) -> Vec<NetId> {
    if pin == Path::GROUND {
        return vec![NetId::GROUND];
    }
    let count = part.pins.len();
    (0..count).filter(|&k| part.kind.pin_of(k, count) == pin).map(|k| part.pins[k]).collect()
}

/// Calls `see` with each pair of nets that a part joins, and how.
fn pairs(part: &Part, mut see: impl FnMut(NetId, NetId, Conduct)) {
    for path in part.kind.paths.iter() {
        for &a in &ends(part, path.a) {
            for &b in &ends(part, path.b) {
                see(a, b, path.conduct);
            }
        }
    }
}

/// Adds findings, the first of them in full.
fn report(out: &mut Vec<Diagnostic>, found: Vec<Diagnostic>) {
    let more = found.len().saturating_sub(SHOWN);
    let last = found.last().map(|d| (d.code, d.severity));
    out.extend(found.into_iter().take(SHOWN));
    if let (Some((code, severity)), true) = (last, more > 0) {
        let text = format!("and {more} more of this kind");
        out.push(match severity {
            Severity::Error => Diagnostic::error(code, text),
            _ => Diagnostic::warning(code, text),
        });
    }
}

/// Nets with a single connection.
fn loose_ends(circuit: &Circuit, plan: &Plan, doubt: Doubt, out: &mut Vec<Diagnostic>) {
    let mut count = vec![0u32; circuit.nets.len()];
    let mut owner = vec![PartId(0); circuit.nets.len()];
    for (p, part) in circuit.parts.iter().enumerate() {
        for net in &part.pins {
            count[net.0 as usize] += 1;
            owner[net.0 as usize] = PartId(p as u32);
        }
        // A voltage that is read is a connection too.
        for (_, setting) in &part.settings {
            if let Setting::Equation(e) = setting {
                e.nets(&mut |n| count[n.0 as usize] += 1);
            }
        }
    }
    for o in &plan.observations {
        o.equation.nets(&mut |n| count[n.0 as usize] += 1);
    }
    let mut found = Vec::new();
    let single = |(n, net): &(usize, &Net)| count[*n] == 1 && !doubt(&net.name);
    let open = open_buses(circuit, &|n, net| single(&(n, net)));
    for (n, net) in circuit.nets.iter().enumerate().skip(1).filter(single) {
        let part = circuit.part(owner[n]);
        if let Some(&(first, count)) = bus(&net.name).and_then(|name| open.get(name)) {
            if first == n {
                let (name, message) = (bus(&net.name).unwrap_or_default(), "a single part at each of its");
                let d = Diagnostic::warning("check::undriven-bus", format!("'{name}' has {message} {count} nets"));
                let d = d.at(net.span, "named here").help("nothing drives them: a .smu or a source would");
                found.push(if part.span == net.span { d } else { d.at(part.span, "the only parts at it") });
            }
            continue;
        }
        let d = match net.name.ends_with(']') {
            true => Diagnostic::warning(
                "check::undriven-bus-element",
                format!("only {} connects to '{}'", part.path, net.name),
            )
            .help("is the index one too far?"),
            false => Diagnostic::warning(
                "check::single-connection",
                format!("only {} connects to '{}'", part.path, net.name),
            ),
        };
        let d = d.at(net.span, "named here");
        let d = match slip(circuit, &net.name).filter(|_| found.len() < SHOWN) {
            Some(other) => d.help(format!("did you mean '{other}'?")),
            None => d,
        };
        found.push(if part.span == net.span {
            d
        } else {
            d.at(part.span, format!("{} is the only part at it", part.path))
        });
    }
    report(out, found);
}

/// The bus that a net is of: `X1.row` of `X1.row[3]`.
fn bus(net: &str) -> Option<&str> {
    net.ends_with(']').then(|| net.rsplit_once('[')).flatten().map(|(bus, _)| bus)
}

/// Buses of several nets all of which are loose: the first of them, and how many they are.
fn open_buses<'c>(circuit: &'c Circuit, loose: &dyn Fn(usize, &'c Net) -> bool) -> HashMap<&'c str, (usize, usize)> {
    let mut open: HashMap<&str, (usize, usize)> = HashMap::new();
    let mut driven: HashSet<&str> = HashSet::new();
    for (n, net) in circuit.nets.iter().enumerate().skip(1) {
        let Some(bus) = bus(&net.name) else { continue };
        match loose(n, net) {
            true => open.entry(bus).or_insert((n, 0)).1 += 1,
            false => drop(driven.insert(bus)),
        }
    }
    open.retain(|bus, (_, count)| *count > 1 && !driven.contains(bus));
    open
}

/// The only net of the same instance whose name is one slip of the pen away, numbers left out of account: n1 is not n2.
fn slip<'c>(circuit: &'c Circuit, name: &str) -> Option<&'c str> {
    let split = |n: &'c str| n.rsplit_once('.').unwrap_or(("", n));
    let (prefix, own) = name.rsplit_once('.').unwrap_or(("", name));
    let letters = |n: &str| n.chars().filter(|c| !c.is_ascii_digit()).collect::<String>().to_lowercase();
    if own.chars().count() < 2 || own.contains('[') {
        return None;
    }
    let close = |n: &&'c str| {
        let (place, other) = split(n);
        place.eq_ignore_ascii_case(prefix)
            && other.chars().count() >= 3
            && !other.eq_ignore_ascii_case(own)
            && strsim::damerau_levenshtein(&own.to_lowercase(), &other.to_lowercase()) == 1
            && letters(own) != letters(other)
    };
    let mut like = circuit.nets.iter().skip(1).map(|n| n.name.as_str()).filter(close);
    like.next().filter(|_| like.next().is_none())
}

/// Loops of parts that fix a voltage: their currents are not determined, their voltages contradict each other.
fn voltage_loops(circuit: &Circuit, dynamic: bool, out: &mut Vec<Diagnostic>) {
    let mut union = UnionFind::<u32>::new(circuit.nets.len());
    let mut forest: HashMap<NetId, Vec<(NetId, PartId)>> = HashMap::new();
    let mut found = Vec::new();
    for (p, part) in circuit.parts.iter().enumerate() {
        let id = PartId(p as u32);
        pairs(part, |a, b, conduct| {
            if conduct != Conduct::Voltage {
                return;
            }
            if union.union(a.0, b.0) {
                forest.entry(a).or_default().push((b, id));
                forest.entry(b).or_default().push((a, id));
                return;
            }
            let mut members = between(&forest, a, b);
            members.push(id);
            members.sort();
            members.dedup();
            let inductors = members.iter().filter(|m| circuit.part(**m).kind.letter == Some('l')).count();
            if inductors > 0 && dynamic {
                return;
            }
            found.push(loop_found(circuit, &members, inductors));
        });
    }
    for (p, unit) in circuit.parts.iter().enumerate().filter(|(_, part)| part.kind.name == "smu") {
        for net in unit.pins.iter().filter(|net| union.equiv(net.0, NetId::GROUND.0)) {
            let mut members = between(&forest, *net, NetId::GROUND);
            if !members.iter().any(|m| circuit.part(*m).kind.letter == Some('l')) {
                members.push(PartId(p as u32));
                found.push(unit_held(circuit, &circuit.net(*net).name, &members));
            }
        }
    }
    report(out, found);
}

/// A source-measure unit on a net that sources hold already; the unit is the last.
fn unit_held(circuit: &Circuit, net: &str, members: &[PartId]) -> Diagnostic {
    let sources: Vec<&str> = members[..members.len() - 1].iter().map(|m| circuit.part(*m).path.as_str()).collect();
    let message = format!("a loop of voltage sources: {} and the source-measure unit on {net}", sources.join(", "));
    let d = Diagnostic::error("check::voltage-loop", message)
        .help("two sources hold one net: leave one of them out, or put a small resistor between the two");
    members.iter().rev().take(6).fold(d, |d, m| d.at(circuit.part(*m).span, "in the loop"))
}

fn loop_found(circuit: &Circuit, members: &[PartId], inductors: usize) -> Diagnostic {
    let names: Vec<&str> = members.iter().map(|m| circuit.part(*m).path.as_str()).collect();
    let message = match (names.len(), inductors) {
        (1, _) => format!("both ends of {} are the same net", names[0]),
        (n, i) if i == n => format!("a loop of inductors: {}", names.join(", ")),
        (_, 0) => format!("a loop of voltage sources: {}", names.join(", ")),
        _ => format!("a loop of voltage sources and inductors: {}", names.join(", ")),
    };
    let mut d = Diagnostic::error("check::voltage-loop", message)
        .help("nothing determines the current around it at DC; put a small resistor into the loop");
    for m in members.iter().rev().take(6) {
        d = d.at(circuit.part(*m).span, "in the loop");
    }
    d
}

/// The parts on the way from one net to another in a forest.
fn between(forest: &HashMap<NetId, Vec<(NetId, PartId)>>, from: NetId, to: NetId) -> Vec<PartId> {
    let mut came: HashMap<NetId, (NetId, PartId)> = HashMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(net) = queue.pop_front() {
        if net == to {
            break;
        }
        for &(next, part) in forest.get(&net).into_iter().flatten() {
            if next != from && !came.contains_key(&next) {
                came.insert(next, (net, part));
                queue.push_back(next);
            }
        }
    }
    let mut out = Vec::new();
    let mut at = to;
    while let Some(&(before, part)) = came.get(&at) {
        out.push(part);
        at = before;
    }
    out
}

/// Nets without a DC path to ground; where only current sources reach them, those are named.
fn floating(circuit: &Circuit, dynamic: bool, doubt: Doubt, out: &mut Vec<Diagnostic>) {
    let nets = circuit.nets.len();
    let mut dc = UnionFind::<u32>::new(nets);
    let mut any = UnionFind::<u32>::new(nets);
    for part in &circuit.parts {
        pairs(part, |a, b, conduct| {
            if matches!(conduct, Conduct::Yes | Conduct::Voltage) {
                dc.union(a.0, b.0);
            }
            if conduct != Conduct::Current {
                any.union(a.0, b.0);
            }
        });
    }
    // A current that depends on the voltage of a net it flows into conducts: G1 x 0 x 0 1m.
    for part in &circuit.parts {
        let read = reads(part);
        pairs(part, |a, b, conduct| {
            if conduct == Conduct::Current
                && read.iter().any(|r| *r != NetId::GROUND && (dc.equiv(r.0, a.0) || dc.equiv(r.0, b.0)))
            {
                dc.union(a.0, b.0);
                any.union(a.0, b.0);
            }
        });
    }
    let ground = dc.find_mut(0);
    let mut islands: HashMap<u32, Vec<NetId>> = HashMap::new();
    for n in 1..nets as u32 {
        let root = dc.find_mut(n);
        if root != ground {
            islands.entry(root).or_default().push(NetId(n));
        }
    }
    islands.retain(|_, nets| !nets.iter().any(|n| doubt(&circuit.net(*n).name)));
    if islands.is_empty() {
        return;
    }
    if !circuit.parts.iter().any(|p| p.pins.contains(&NetId::GROUND)) {
        out.push(
            Diagnostic::error("check::no-ground", "nothing is connected to ground")
                .at(circuit.nets[1].span, "the first node")
                .help("voltages are measured from node 0; connect one node to it"),
        );
        return;
    }
    let mut sources: HashMap<u32, Vec<PartId>> = HashMap::new();
    for (p, part) in circuit.parts.iter().enumerate() {
        pairs(part, |a, b, conduct| {
            let (a, b) = (dc.find(a.0), dc.find(b.0));
            if conduct == Conduct::Current && a != b {
                for root in [a, b].into_iter().filter(|r| *r != ground) {
                    sources.entry(root).or_default().push(PartId(p as u32));
                }
            }
        });
    }
    let mut islands: Vec<(u32, Vec<NetId>)> = islands.into_iter().collect();
    islands.sort_by_key(|(_, nets)| nets[0]);
    let found = islands.iter().map(|(root, nets)| {
        let solvable = dynamic && any.equiv(nets[0].0, 0);
        island(circuit, nets, sources.get(root).map_or(&[], Vec::as_slice), solvable)
    });
    report(out, found.collect());
}

/// Nets whose voltage a part reads: pins that are no end of a current, and what its equations name.
fn reads(part: &Part) -> Vec<NetId> {
    let count = part.pins.len();
    let driven =
        |pin: usize| part.kind.paths.iter().any(|p| p.conduct == Conduct::Current && (p.a == pin || p.b == pin));
    if !part.kind.paths.iter().any(|p| p.conduct == Conduct::Current) {
        return Vec::new();
    }
    let mut out: Vec<NetId> =
        (0..count).filter(|&k| !driven(part.kind.pin_of(k, count))).map(|k| part.pins[k]).collect();
    for (_, setting) in &part.settings {
        if let Setting::Equation(e) = setting {
            e.nets(&mut |n| out.push(n));
        }
    }
    out
}

fn island(circuit: &Circuit, nets: &[NetId], sources: &[PartId], solvable: bool) -> Diagnostic {
    let first = circuit.net(nets[0]);
    let mut names: Vec<&str> = nets.iter().take(6).map(|n| circuit.net(*n).name.as_str()).collect();
    if nets.len() > names.len() {
        names.push("…");
    }
    let list = names.join(", ");
    let new = if solvable { Diagnostic::warning } else { Diagnostic::error };
    let d = match sources {
        [] => {
            let verb = if nets.len() == 1 { "has" } else { "have" };
            new("check::no-dc-path", format!("{list} {verb} no DC path to ground")).at(first.span, "floats at DC")
        }
        parts => {
            let mut paths: Vec<&str> = parts.iter().map(|p| circuit.part(*p).path.as_str()).collect();
            paths.dedup();
            let message = format!("only current sources reach {list}: {}", paths.join(", "));
            let d = new("check::current-cut-set", message).at(first.span, "no way out for the current");
            parts.iter().take(4).fold(d, |d, p| d.at(circuit.part(*p).span, "drives it"))
        }
    };
    d.help(format!("a large resistor gives it one: Rleak {} 0 1G", first.name))
}

#[cfg(test)]
mod tests {
    use crate::device::registry;
    use crate::diag::{Diagnostic, any_error};
    use crate::elab::{DataRoots, Kinds, Overrides, elaborate};
    use crate::syntax::parse_str;

    fn findings(text: &str) -> Vec<Diagnostic> {
        let (ast, _, found) = parse_str("test.cir", &format!("a test\n{text}\n"));
        assert!(!any_error(&found), "{found:?}");
        let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
        elaborate(&ast, &kinds, &Overrides::default(), &DataRoots::default()).1
    }

    /// Codes and messages of what is found in a deck with an operating point.
    fn found(text: &str) -> Vec<(&'static str, String)> {
        findings(&format!("{text}\n.op")).into_iter().map(|d| (d.code, d.message)).collect()
    }

    #[test]
    fn a_sound_circuit() {
        assert_eq!(found("V1 a 0 1\nR1 a b 1\nC1 b 0 1n\nL1 b c 1u\nR2 c 0 1"), []);
    }

    #[test]
    fn loose_ends() {
        let one = |code, text: &str| vec![(code, text.to_string())];
        assert_eq!(found("V1 a 0 1\nR1 a b 1"), one("check::single-connection", "only R1 connects to 'b'"));
        let open = "R1 a b[0] 1\nR2 a b[1] 1\nR3 a b[2] 1";
        let said = "'b' has a single part at each of its 3 nets";
        assert_eq!(found(&format!("V1 a 0 1\n{open}")), one("check::undriven-bus", said));
        assert_eq!(found(&format!("V1 a 0 1\n{open}\nR4 b[1] 0 1")).len(), 2);
        assert_eq!(found("V1 a 0 1\nR1 a b[2] 1"), one("check::undriven-bus-element", "only R1 connects to 'b[2]'"));
    }

    #[test]
    fn loops() {
        let text = |deck: &str| found(deck).iter().map(|d| d.1.clone()).collect::<Vec<_>>().join("; ");
        assert_eq!(text("V1 a 0 1\nV2 a b 1\nV3 b 0 2\nR1 b 0 1"), "a loop of voltage sources: V1, V2, V3");
        assert_eq!(text("V1 a 0 1\nL1 a 0 1u"), "a loop of voltage sources and inductors: V1, L1");
        assert_eq!(text("V1 a 0 1\nR1 a b 1\nL1 b 0 1u\nL2 b 0 1u"), "a loop of inductors: L1, L2");
        assert_eq!(text("V1 a a 1\nR1 a 0 1"), "both ends of V1 are the same net");
    }

    #[test]
    fn floating_nets() {
        let codes = |deck: &str| found(deck).iter().map(|d| d.0).collect::<Vec<_>>();
        assert_eq!(codes("V1 a 0 1\nC1 a b 1n\nC2 b 0 1n"), ["check::no-dc-path"]);
        assert_eq!(codes("V1 a b 1\nR1 a b 1"), ["check::no-ground"]);
        assert_eq!(codes("I1 0 a 1\nI2 a 0 1"), ["check::current-cut-set"]);
        assert_eq!(codes("I1 0 a 1\nC1 a 0 1n"), ["check::current-cut-set"]);
        assert_eq!(codes("V1 a 0 1\nC1 a b 1n\nC2 b 0 1n\n.options rshunt=1g"), Vec::<&str>::new());
    }

    #[test]
    fn with_uic_capacitors_hold_a_net() {
        let with_uic = |deck: &str| findings(&format!("{deck}\n.tran 1n 1u uic"));
        let soft = with_uic("V1 a 0 1\nC1 a b 1n\nC2 b 0 1n");
        assert!(soft.len() == 1 && !any_error(&soft), "{soft:?}");
        assert!(any_error(&with_uic("V1 a 0 1\nR1 a 0 1\nR2 b c 1\nR3 b c 1")));
        assert!(!any_error(&with_uic("V1 a 0 1\nL1 a 0 1u")));
    }

    #[test]
    fn a_port_that_nothing_uses() {
        let all = found("X1 a b nc s\n.subckt s p q unused\nR1 p q 1\n.ends\nV1 a 0 1\nR2 b 0 1");
        assert_eq!(all.iter().map(|d| d.0).collect::<Vec<_>>(), ["check::unused-port"]);
    }
}
