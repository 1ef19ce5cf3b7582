//! Nothing allocates in the Newton loop: a thousand iterations of each of three circuits under a counting allocator.

use std::alloc::System as Heap;
use std::path::Path;
use std::sync::Arc;

use memspice::analysis::{Pace, Simulator, TranSpec, Transient, environment, initial_conditions, rest};
use memspice::circuit::plan::AnalysisKind;
use memspice::device::Ticks;
use memspice::device::registry::REGISTRY;
use memspice::elab::{DataRoots, Kinds, Overrides, elaborate};
use memspice::mna::{Condensation, System};
use memspice::syntax::{LoadOptions, parse_file};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<Heap> = &INSTRUMENTED_SYSTEM;

/// A transient of a netlist file, at its start.
fn transient(file: &Path) -> (Transient, f64) {
    let (ast, sources, _) = parse_file(file, &LoadOptions::default());
    let kinds = Kinds::new(REGISTRY.iter().map(|r| r.kind));
    let folders =
        sources.iter().map(|(_, s)| Path::new(&s.path).parent().map(Path::to_path_buf).unwrap_or_default()).collect();
    let roots = DataRoots { folders, extra: Vec::new() };
    let (deck, diagnostics) = elaborate(&ast.unwrap(), &kinds, &Overrides::default(), &roots);
    let deck = deck.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let system = Arc::new(System::new(Arc::new(deck.circuit), Condensation::Condensed).unwrap());
    let card = deck.plan.analyses.iter().find_map(|a| match a.kind {
        AnalysisKind::Tran { step, stop, start, max_step, uic } => Some(TranSpec { step, stop, start, max_step, uic }),
        _ => None,
    });
    let spec = card.unwrap();
    let env = environment(&deck.plan.options, spec.step, spec.stop);
    let mut simulator = Simulator::new(system, deck.plan.options, env);
    simulator.initial = deck.plan.initial.iter().map(|(net, v)| (net.0 as usize, *v)).collect();
    let pace: Pace = spec.pace();
    let charges = if spec.uic { initial_conditions(&mut simulator, pace.first) } else { rest(&mut simulator) };
    (Transient::new(&[simulator], &[charges.unwrap()], pace, None).unwrap(), spec.stop)
}

const RING: &str = "ring of five inverters
.model n nmos (vto=0.5 kp=120u lambda=0.06 tox=9n cgso=0.3n cgdo=0.3n)
.model p pmos (vto=-0.6 kp=40u lambda=0.08 tox=9n cgso=0.3n cgdo=0.3n)
Vdd vdd 0 3.3
.for k = 0:4 {
Mn[k] s[mod(k+1,5)] s[k] 0 0 n w=2u l=0.5u
Mp[k] s[mod(k+1,5)] s[k] vdd vdd p w=5u l=0.5u
C[k] s[k] 0 5f
}
.ic V(s[0])=3.3 V(s[1])=0 V(s[2])=3.3 V(s[3])=0 V(s[4])=3.3
.tran 10p 100n uic
";

const MEMRISTORS: &str = "eight memristors as B sources
.subckt vteam p m x0=0.5
Bm p m I=V(p,m)/(10k+990k*V(x))
Bx 0 x I=1e-9*(V(p,m)>0.7 ? 1e8*(V(p,m)/0.7-1)^3*(1-V(x)^4) : (V(p,m)<-0.7 ? -1e8*(-V(p,m)/0.7-1)^3*(1-(1-V(x))^4) : 0))
Cx x 0 1n IC={x0}
Rx x 0 1e18
.ends
V1 in 0 SIN(0 2 10meg)
.for k = 0:7 { X[k] in 0 vteam x0={0.1+0.1*k} }
.tran 0.1n 20u uic
";

/// A program of its own, without the test harness: its threads would be counted along.
fn main() {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let layer1 = Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/crossbar_mlp/layer1.cir");
    for file in [written("ring.cir", RING), written("memristors.cir", MEMRISTORS), layer1] {
        let mut iterations = 0;
        // A run that ends sooner is repeated.
        while iterations < 1000 {
            let (mut run, stop) = transient(&file);
            let end = Ticks::from_seconds(stop);
            for _ in 0..20 {
                run.step(end).unwrap();
            }
            let (region, before) = (Region::new(ALLOCATOR), run.stats.newton);
            while iterations + run.stats.newton - before < 1000 && run.now(0) < end {
                run.step(end).unwrap();
            }
            let change = region.change();
            let more = run.stats.newton - before;
            assert!(more > 0, "{}: no iterations", file.display());
            assert_eq!(change.allocations + change.reallocations, 0, "{}, {more} iterations", file.display());
            iterations += more;
        }
    }
    println!("a thousand iterations of each circuit allocate nothing");
}
