#!/usr/bin/env python3
"""Writes the agreed workloads as plain SPICE decks into a folder (the current one if none is named). Deterministic.

    benches/workloads.py FOLDER

a_rc_ladder, b_ring (CMOS oscillator; the _op deck asks for an operating point without hints), c1 (HP/Joglekar memristor),
c2 (VTEAM memristor), c3_vteam_xbar (VTEAM array with line resistance, transient; the _stiff, _dexp and _1F variants are
robustness cases on which peers stall or fail), d_xbar_op (resistive array with line resistance), e_fullwave (rectifier).
Memristors are written as B-source subcircuits so that every simulator can run the same file; rewrite them with native
devices to compare what a user of each tool would write.
"""
import os
import random
import sys

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."


def w(n, s):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, n), "w") as out:
        out.write(s)



# (a) RC ladder
def ladder(N, steps=1000):
    L=[f"* RC ladder {N} nodes, {steps} fixed-max steps",
       "V1 n0 0 PULSE(0 1 0 1n 1n 400n 1u)"]
    for i in range(1,N+1):
        L.append(f"R{i} n{i-1} n{i} 1")
        L.append(f"C{i} n{i} 0 10f")
    L += [f".tran 1n {steps}n 0 1n", f".save v(n1) v(n{N//10}) v(n{N//2}) v(n{N})", ".end",""]
    w(f"a_rc_ladder_{N}.cir","\n".join(L))
ladder(10000)

# (b) ring oscillator level 1
def ring(n, tstop, tag):
    L=[f"* {n}-stage CMOS ring oscillator, level-1 MOS",
       ".model nm nmos (level=1 vto=0.5 kp=120u gamma=0.45 phi=0.8 lambda=0.06 tox=9n cgso=0.3n cgdo=0.3n cgbo=0.1n cj=0.9m mj=0.5 cjsw=0.28n mjsw=0.3 pb=0.9 js=1e-8 ld=0 nsub=1e17)",
       ".model pm pmos (level=1 vto=-0.6 kp=40u gamma=0.4 phi=0.8 lambda=0.08 tox=9n cgso=0.3n cgdo=0.3n cgbo=0.1n cj=1.1m mj=0.5 cjsw=0.32n mjsw=0.3 pb=0.9 js=1e-8 ld=0 nsub=1e17)",
       ".subckt inv in out vdd",
       "M1 out in 0 0 nm w=2u l=0.5u as=2p ad=2p ps=6u pd=6u",
       "M2 out in vdd vdd pm w=5u l=0.5u as=5p ad=5p ps=12u pd=12u",
       "C1 out 0 5f",
       ".ends",
       "Vdd vdd 0 3.3",
       "Ikick 0 s1 PULSE(0 50u 0 0.1n 0.1n 1n 1)"]
    for i in range(1,n+1):
        L.append(f"X{i} s{i} s{i % n + 1} vdd inv")
    op=L+[".op", ".save v(s1) v(s2)", ".end",""]
    w(f"b_ring{n}_op.cir","\n".join(op))
    L += [f".ic "+" ".join(f"v(s{i})={3.3*(i%2)}" for i in range(1,n+1)) + " v(vdd)=3.3"]
    L += [f".tran 20p {tstop} 0 100p uic", ".save v(s1) v(s2)", ".end",""]
    w(f"b_ring{n}_{tag}.cir","\n".join(L))
ring(51,"1u","1us")
ring(51,"100n","100ns")
ring(11,"1u","1us")

JOG="""* Joglekar/HP linear-drift memristor as B sources
.subckt memjog p m Ron=100 Roff=16k Rinit=11k D=10n uv=10f pw=10
Bx 0 x I = I(Vs)*{uv*Ron/(D*D)}*(1-(2*V(x)-1)^(2*{pw}))
Cx x 0 1 IC={(Roff-Rinit)/(Roff-Ron)}
Rx x 0 1G
Vs p a 0
Bm a m I = V(a,m)/({Ron}*V(x)+{Roff}*(1-V(x)))
.ends
"""
STIFF="Ron=1k Roff=300k von=-1.5 voff=0.3 kon=-216.2 koff=0.091 aon=4 aoff=4 D=3n x0=0.5"
def vteam(win,sc="1e-9"):
    # state capacitor scaled to 1 nF: with the usual 1 F cap the ~1e8 A state current can never meet abstol (ngspice >= 2026-04 checks it)
    wo={"biolek":"(1-V(x)^4)","dexp":"exp(-exp((V(x)-0.98)*50))"}[win]
    wn={"biolek":"(1-(1-V(x))^4)","dexp":"exp(-exp((0.02-V(x))*50))"}[win]
    return f"""* VTEAM as B sources (state x normalised 0..1 : 0 = Ron, 1 = Roff), window: {win}
.subckt vteam p m Ron=10k Roff=1meg von=-0.7 voff=0.7 kon=-0.3 koff=0.3 aon=3 aoff=3 D=3n x0=0.5
Bm p m I = V(p,m)/({{Ron}}+({{Roff}}-{{Ron}})*V(x))
Bx 0 x I = {sc}*(V(p,m) > {{voff}} ? {{koff/D}}*(V(p,m)/{{voff}}-1)^{{aoff}}*{wo} : (V(p,m) < {{von}} ? {{kon/D}}*(V(p,m)/{{von}}-1)^{{aon}}*{wn} : 0))
Cx x 0 {sc} IC={{x0}}
Rx x 0 1e18
.ends
"""
VTEAM=vteam("biolek")

# (c1) pinched hysteresis, HP/Joglekar
w("c1_joglekar_1dev.cir","* 1 HP/Joglekar memristor, 100 sine cycles, pinched hysteresis\n"+JOG+
"V1 in 0 SIN(0 1.2 1)\nX1 in 0 memjog Roff=16k pw=10\n.tran 1m 100 0 1m uic\n.save v(in) i(v1) v(x1.x)\n.end\n")
# (c2) VTEAM one device, 100 set/reset cycles
w("c2_vteam_1dev.cir","* 1 VTEAM memristor, 200 sine cycles\n"+VTEAM+
"V1 in 0 SIN(0 2 10meg)\nX1 in 0 vteam x0=0.5\n.tran 0.1n 20u 0 0.1n uic\n.save v(in) i(v1) v(x1.x)\n.end\n")
# (c3) crossbar transient
def xbar_tran(n, tstop="1u", tmax="1n", rw=2.0, stiff=False, win="biolek", sc="1e-9"):
    VTEAM=vteam(win,sc)
    rng=random.Random(1234)
    L=[f"* {n}x{n} VTEAM crossbar, wire R {rw} ohm per segment, transient", VTEAM if not stiff else VTEAM.replace(VTEAM.split("vteam p m ")[1].split("\n")[0], STIFF)]
    for r in range(n):
        a=0.5+1.5*rng.random(); ph=rng.random()*50
        L.append(f"Vr{r} in{r} 0 PULSE({-a:.4f} {a:.4f} {ph:.2f}n 5n 5n 45n 100n)")
        L.append(f"Rin{r} in{r} w{r}_0 10")
    for r in range(n):
        for c in range(n):
            L.append(f"Xm{r}_{c} w{r}_{c} b{r}_{c} vteam x0={0.05+0.9*rng.random():.4f}")
            if c+1<n: L.append(f"Rw{r}_{c} w{r}_{c} w{r}_{c+1} {rw}")
            if r+1<n: L.append(f"Rb{r}_{c} b{r}_{c} b{r+1}_{c} {rw}")
            L.append(f"Cw{r}_{c} w{r}_{c} 0 0.1f")
            L.append(f"Cb{r}_{c} b{r}_{c} 0 0.1f")
    for c in range(n):
        L.append(f"Rs{c} b{n-1}_{c} 0 50")
    L += [f".tran 1n {tstop} 0 {tmax} uic", ".save "+" ".join(f"v(b{n-1}_{c})" for c in range(n)), ".end",""]
    w(f"c3_vteam_xbar{n}{'_stiff' if stiff else ''}{'' if win=='biolek' else '_'+win}{'' if sc=='1e-9' else '_1F'}.cir","\n".join(L))
xbar_tran(32,tstop='200n'); xbar_tran(8); xbar_tran(16,tstop='200n'); xbar_tran(8,stiff=True); xbar_tran(8,win='dexp'); xbar_tran(8,sc='1')
# (d) resistive crossbar op
def xbar_op(n, rw=1.0):
    rng=random.Random(99)
    L=[f"* {n}x{n} resistive crossbar with {rw} ohm line segments, .op"]
    for r in range(n):
        L.append(f"Vr{r} in{r} 0 {rng.random()*0.2:.5f}")
        L.append(f"Rin{r} in{r} w{r}_0 {rw}")
    for r in range(n):
        for c in range(n):
            g=1e-6+(1e-4-1e-6)*rng.random()
            L.append(f"Rm{r}_{c} w{r}_{c} b{r}_{c} {1/g:.3f}")
            if c+1<n: L.append(f"Rw{r}_{c} w{r}_{c} w{r}_{c+1} {rw}")
            if r+1<n: L.append(f"Rb{r}_{c} b{r}_{c} b{r+1}_{c} {rw}")
    for c in range(n):
        L.append(f"Vs{c} b{n-1}_{c} 0 0")
    L += [".op", ".save "+" ".join(f"i(vs{c})" for c in range(n)), ".end",""]
    w(f"d_xbar_op_{n}.cir","\n".join(L))
for n in (32,64,128,256): xbar_op(n)   # 512 and 1024 where wanted
# (e) full wave rectifier
w("e_fullwave.cir","""* full-wave bridge rectifier, 1000 mains cycles
.model d1 d (is=76.9p rs=42m cjo=26.5p m=0.333 n=1.45 bv=1000 ibv=5e-8 tt=4.32u vj=0.75)
Vs ac1 ac2 SIN(0 20 50)
Rg ac2 0 1meg
Rs ac1 a 0.1
D1 a p d1
D2 ac2 p d1
D3 n a d1
D4 n ac2 d1
Cl p n 100u
Rl p n 1k
Rn n 0 1meg
.tran 10u 20 0 100u
.save v(a) v(p) v(n)
.end
""")
