//! Final numbers of the unknowns: solved ones first (nets, inner nodes, branches), condensed ones behind them.

use crate::device::layout::Role;

/// Old unknown → new unknown, and the number of solved ones. Ground stays 0; solved ones are `1..=solved`.
pub struct Numbering {
    pub new: Vec<u32>,
    pub solved: usize,
}

/// Moves the unknowns for which `condensed` holds behind the others, keeping order.
pub fn number(roles: &[Role], condensed: impl Fn(&Role) -> bool) -> Numbering {
    let behind: Vec<bool> = roles.iter().enumerate().map(|(u, r)| u > 0 && condensed(r)).collect();
    let solved = behind.iter().skip(1).filter(|b| !**b).count();
    let (mut front, mut back) = (0u32, solved as u32 + 1);
    let new = behind
        .iter()
        .map(|&b| {
            let next = if b { &mut back } else { &mut front };
            *next += 1;
            *next - 1
        })
        .collect();
    Numbering { new, solved }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{NetId, PartId};
    use crate::device::layout::{Local, Rest};

    #[test]
    fn locals_go_behind() {
        let local = Local { start: 0.0, scale: 1.0, abstol: 1e-9, rest: Rest::Held };
        let roles = [
            Role::Net(NetId(0)),
            Role::Net(NetId(1)),
            Role::State(PartId(0), "w".into(), local),
            Role::Branch(PartId(1)),
        ];
        let numbering = number(&roles, |r| matches!(r, Role::State(..)));
        assert_eq!(numbering.new, [0, 1, 3, 2]);
        assert_eq!(numbering.solved, 2);
    }
}
