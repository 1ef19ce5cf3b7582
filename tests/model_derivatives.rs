//! G and C of every shipped `.device` against central differences of F and Q, at random points: 1e-6 of the largest entry of
//! a row.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use memspice::analysis::environment;
use memspice::device::layout::Role;
use memspice::device::registry::REGISTRY;
use memspice::device::{Memory, Mode, Ticks};
use memspice::elab::{DataRoots, Kinds, Overrides, elaborate};
use memspice::mna::{Assembly, Condensation, Inputs, System};
use memspice::random::Stream;
use memspice::syntax::{LoadOptions, parse_bytes};

/// Name and number of pins of each `.device` of a file.
fn devices(text: &str) -> Vec<(String, usize)> {
    let header = |line: &str| {
        let (name, pins) = line.strip_prefix(".device ")?.split_once('(')?;
        Some((name.trim().to_string(), pins.split(')').next()?.split_whitespace().count()))
    };
    text.lines().filter_map(header).collect()
}

fn system(file: &Path, device: &str, pins: usize) -> Arc<System> {
    let nets: Vec<String> = (0..pins).map(|k| format!("n{k}")).collect();
    let sources: String = nets.iter().map(|n| format!("V{n} {n} 0 0\n")).collect();
    let include = file.file_name().unwrap().to_string_lossy();
    let text = format!("derivatives\n.include \"{include}\"\nX1 {} {device}\n{sources}.op\n", nets.join(" "));
    let deck = file.with_file_name("derivatives.cir");
    let options =
        LoadOptions { search: vec![file.parent().unwrap().parent().unwrap().into()], ..LoadOptions::default() };
    let (ast, _, diagnostics) = parse_bytes(&deck.to_string_lossy(), text.as_bytes(), &options);
    assert!(!diagnostics.iter().any(|d| d.is_error()), "{device}: {diagnostics:?}");
    let kinds = Kinds::new(REGISTRY.iter().map(|r| r.kind));
    let roots = DataRoots { folders: vec![PathBuf::new()], extra: Vec::new() };
    let (deck, diagnostics) = elaborate(&ast, &kinds, &Overrides::default(), &roots);
    let deck = deck.unwrap_or_else(|| panic!("{device}: {diagnostics:?}"));
    Arc::new(System::new(Arc::new(deck.circuit), Condensation::Full).unwrap())
}

struct Point {
    f: Vec<f64>,
    q: Vec<f64>,
    /// By slot
    g: Vec<f64>,
    c: Vec<f64>,
}

fn load(system: &System, memories: &mut [Memory], x: &[f64]) -> Point {
    let zeros = vec![0.0; x.len()];
    let mut assembly = Assembly::new(system, 1);
    let at = |a: &'static [f64; 1]| Inputs {
        x,
        last: x,
        time: &[0.0],
        ticks: &[Ticks(0)],
        a,
        beta: &zeros,
        mode: Mode::Linearize,
        transient: false,
        gmin: 0.0,
        source: 1.0,
        shunt: 0.0,
        anchor: 0.0,
        clamps: &[],
        rest: 0.0,
    };
    assembly.relinearize(system, memories, &at(&[0.0]));
    assembly.assemble(system, memories, &at(&[0.0]));
    let (f, q, g) = (assembly.f.clone(), assembly.q.clone(), assembly.jacobian.clone());
    // C alone, free of the rounding of G as long as that is below 1e20.
    assembly.assemble(system, memories, &at(&[1e30]));
    let c = assembly.jacobian.iter().zip(&g).map(|(j, g)| (j - g) / 1e30).collect();
    Point { f, q, g, c }
}

/// Of each row of G and then of C: its largest entry and the worst difference.
fn rows(system: &System, memories: &mut [Memory], x: &[f64]) -> Vec<[f64; 2]> {
    let here = load(system, memories, x);
    let n = system.unknowns();
    let (mut exact, mut differences) = (vec![vec![[0.0; 2]; n]; n], vec![vec![[0.0; 2]; n]; n]);
    let mut noise = vec![vec![[0.0; 2]; n]; n];
    for column in 1..n {
        let size = match &system.roles[column] {
            Role::State(_, _, local) => local.scale,
            _ => 1.0,
        };
        let step = 1e-5 * x[column].abs().max(1e-3 * size);
        let mut at = |v: f64| {
            let mut x = x.to_vec();
            x[column] = v;
            load(system, memories, &x)
        };
        // Richardson: differences over two steps, their error of second order gone.
        for (step, weight) in [(step, -1.0 / 3.0), (0.5 * step, 4.0 / 3.0)] {
            let (up, down) = (at(x[column] + step), at(x[column] - step));
            let width = (x[column] + step) - (x[column] - step);
            for row in 1..n {
                for (part, (up, down)) in [(up.f[row], down.f[row]), (up.q[row], down.q[row])].into_iter().enumerate() {
                    differences[row][column][part] += weight * (up - down) / width;
                    noise[row][column][part] += 64.0 * f64::EPSILON * up.abs() / width;
                }
            }
        }
        for slot in system.pattern.starts[column - 1]..system.pattern.starts[column] {
            exact[system.pattern.rows[slot] + 1][column] = [here.g[slot], here.c[slot]];
        }
    }
    let mut rows = Vec::new();
    for row in 1..n {
        for part in 0..2 {
            let size = |values: &[[f64; 2]]| values.iter().fold(0.0f64, |a, v| a.max(v[part].abs()));
            let scale = size(&exact[row]).max(size(&differences[row]));
            let mut worst: f64 = 0.0;
            for column in 1..n {
                let apart = (exact[row][column][part] - differences[row][column][part]).abs();
                worst = worst.max((apart - noise[row][column][part]).max(0.0));
            }
            // An exponential beyond its end is continued by a constant, its slope is not: no physics is out there.
            let wild = exact[row].iter().any(|e| e[0].abs() > 1e20);
            rows.push(if wild { [0.0, 0.0] } else { [scale, worst] });
        }
    }
    rows
}

#[test]
fn every_model() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in files {
        for (device, pins) in devices(&std::fs::read_to_string(&file).unwrap()) {
            let system = system(&file, &device, pins);
            let env = environment(&Default::default(), 0.0, 0.0);
            let mut memories = system.memories(&env, 1);
            let mut x = system.start(1);
            system.start_states(&mut memories, 0..system.groups.len(), &mut x);
            let start = x.clone();
            let mut stream = Stream::new(1, 0, &device, "derivatives");
            let mut number = 0;
            let mut uniform = || {
                number += 1;
                2.0 * stream.uniform(number) - 1.0
            };
            let points = 40;
            let mut all: Vec<Vec<[f64; 2]>> = Vec::new();
            for _ in 0..points {
                for (u, role) in system.roles.iter().enumerate().skip(1) {
                    x[u] = match role {
                        Role::Net(_) | Role::Inner(..) => 1.2 * uniform(),
                        Role::Branch(_) => 1e-3 * uniform(),
                        Role::State(part, name, local) => {
                            let (group, instance) = system.places[part];
                            let device = &system.groups[group].device;
                            let range = device.range(instance, name, &memories[group], 0);
                            match range.filter(|(low, high)| (high - low).is_finite()) {
                                Some((low, high)) => low + (high - low) * (0.5 + 0.499 * uniform()),
                                None => start[u] + 0.3 * local.scale * uniform(),
                            }
                        }
                    };
                }
                all.push(rows(&system, &mut memories, &x));
            }
            // Where an equation rests, what its terms leave of each other is noise.
            let size = |row: usize| all.iter().fold(0.0f64, |a, rows| a.max(rows[row][0]));
            let floors: Vec<f64> = (0..all[0].len()).map(|row| 1e-3 * size(row)).collect();
            let error = |rows: &Vec<[f64; 2]>| {
                let part = |([scale, worst], floor): (&[f64; 2], &f64)| {
                    if *worst > 0.0 { worst / scale.max(*floor) } else { 0.0 }
                };
                rows.iter().zip(&floors).map(part).fold(0.0, f64::max)
            };
            let mut errors: Vec<f64> = all.iter().map(error).collect();
            // A difference may straddle a threshold: a few points may.
            errors.sort_by(f64::total_cmp);
            let bad = errors.iter().filter(|e| e.is_nan() || **e >= 1e-6).count();
            if bad > points / 20 {
                wrong.push(format!("{device}: {bad} of {points}, {:?}", &errors[points - 6..]));
            }
            seen += 1;
        }
    }
    assert!(seen >= 20 && wrong.is_empty(), "{seen} devices, {wrong:#?}");
}
