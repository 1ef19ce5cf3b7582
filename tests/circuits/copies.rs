//! m copies of a subcircuit: what parts inside measure is their own copy's, and together they are as many written out.

use crate::support::Netlist;

const BODIES: [&str; 6] = [
    "Vs p q 0\n R1 q 0 1k\n F1 p 0 Vs 2",
    "Vs p q 0\n R1 q 0 1k\n H1 t 0 Vs 1k\n R2 p t 1k",
    "Vs p q 0\n R1 q 0 1k\n B1 p 0 I={2*I(Vs) + 1m*I(Vs)/(1m + abs(I(Vs)))}\n B2 t 0 V={1k*I(Vs)}\n R2 p t 1k",
    "Vs p q 0\n R1 q 0 1k\n W1 p t Vs wm\n R2 t 0 1k",
    "Vs p q 0\n R1 q 0 1k\n E1 t 0 POLY(1) p 0 0 1\n F1 p 0 POLY(1) Vs 0 1 100\n R2 p t 2k",
    "Va p q 0\n Xi q 0 inner m=2\n .subckt inner a b\n Vi a c 0\n R1 c b 1k\n F1 a b Vi 3\n .ends\n F2 p 0 Va 0.5",
];

#[test]
fn copies_are_as_many_written_out() {
    for body in BODIES {
        let deck = Netlist::new(&format!(
            "Three copies and three instances
             .subckt part p
             {body}
             .ends
             .model wm csw(it=1.5m ih=0 ron=1 roff=1meg)
             Va a 0 1.2
             X1 a part m=3
             Vb b 0 1.2
             .for i=0:2 {{
             Xs[i] b part
             }}
             .op"
        ));
        let deck = deck.deck(&[]);
        let op = deck.op();
        let (copies, written) = (op("Va"), op("Vb"));
        assert!(written.abs() > 1e-3 && (copies - written).abs() < 1e-9 * written.abs(), "{body}: {copies} {written}");
    }
}
