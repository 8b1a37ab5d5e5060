// The style of our pages. System fonts only; readable from 320 px upwards; contrast at least WCAG 2.1 AA; no animation
// for those who ask for none.

export const styleSheet = `
:root {
  --plum: #6a1f5d;
  --plum-deep: #4a1341;
  --plum-soft: #f7eef5;
  --ink: #1f1a24;
  --muted: #5b5363;
  --line: #d9d1dc;
  --field: #857a8b;
  --paper: #fff;
  --ground: #f4f1f5;
  --danger: #a4161a;
  --danger-soft: #fdf0f0;
  --focus: #ffbf47;
  --good: #1d6b3a;
  --link: var(--plum);
  color-scheme: light dark;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "PingFang HK",
    "Microsoft JhengHei", "Noto Sans HK", "Noto Sans CJK HK", "Noto Sans CJK TC", sans-serif;
  font-size: 100%;
  line-height: 1.5;
  color: var(--ink);
}
@media (prefers-color-scheme: dark) {
  :root {
    --plum: #8a3a7a;
    --plum-deep: #4a1341;
    --plum-soft: #34263a;
    --ink: #f1ecf4;
    --muted: #c0b6c8;
    --line: #453a4d;
    --field: #9a8ea3;
    --paper: #241c29;
    --ground: #17121b;
    --danger: #ff9a94;
    --danger-soft: #3b1f22;
    --good: #7fd69c;
    --link: #e7a9da;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--ground); }
a { color: var(--link); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; box-shadow: 0 0 0 2px var(--ink); border-radius: 3px; }
main:focus, main:focus-visible { outline: none; box-shadow: none; }

.skip { position: absolute; left: -999rem; top: .5rem; padding: .5rem 1rem; background: var(--paper); z-index: 1; }
.skip:focus { left: .5rem; }

header { background: var(--plum-deep); background: linear-gradient(100deg, var(--plum-deep), var(--plum) 70%, #8a3a78); color: #fff; }
.bar { display: flex; align-items: center; justify-content: space-between; gap: 1rem; max-width: 68rem; margin: 0 auto; padding: .9rem 1.5rem; }
.brand { color: inherit; text-decoration: none; display: flex; align-items: center; gap: .8rem; min-width: 0; }
.emblem { flex: none; color: #f6d9ef; }
.emblem circle { fill: var(--plum); }
.names { display: flex; flex-direction: column; min-width: 0; }
.service { font-size: 1.25rem; font-weight: 650; line-height: 1.2; letter-spacing: .01em; }
.owner { font-size: .875rem; line-height: 1.35; color: #f0dcec; }
.languages ul { display: flex; gap: .25rem; margin: 0; padding: 0; list-style: none; font-size: .9375rem; white-space: nowrap; }
.languages a, .languages span { display: block; padding: .4rem .7rem; border-radius: 999px; color: #fff; text-decoration: none; }
.languages a:hover { background: rgba(255, 255, 255, .16); text-decoration: underline; }
.languages [aria-current] { background: rgba(255, 255, 255, .18); font-weight: 600; }

main { flex: 1; width: 100%; max-width: 31rem; margin: 0 auto; padding: clamp(1.5rem, 6vh, 4rem) 1.5rem 3rem; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; position: relative;
  padding: 2rem 2.25rem 2.25rem; box-shadow: 0 1px 2px rgba(40, 10, 35, .06), 0 12px 32px -16px rgba(40, 10, 35, .22); }
.card::before { content: ""; position: absolute; inset: 0 0 auto; height: 4px; background: var(--plum); }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; font-weight: 680; letter-spacing: -.005em; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
p { margin: 0 0 1rem; }
.lead { color: var(--muted); margin-bottom: 1.5rem; }
.lead strong { color: var(--ink); font-weight: 620; }

.system { display: flex; flex-direction: column; align-items: flex-start; gap: .5rem; margin: 1rem 0 1.5rem;
  padding: .75rem 1rem; background: var(--plum-soft); border-radius: 8px; }
.system .name { font-weight: 620; overflow-wrap: anywhere; }
.system .label { display: block; font-size: .8125rem; color: var(--muted); line-height: 1.3; }
.grade { flex: none; max-width: 100%; padding: .15rem .6rem; border: 1px solid currentColor; border-radius: 4px; font-size: .75rem; font-weight: 650;
  letter-spacing: .02em; color: var(--ink); background: var(--paper); }

.errors { margin: 0 0 1.5rem; padding: .9rem 1rem .9rem 1.1rem; border-left: 5px solid var(--danger); border-radius: 4px 8px 8px 4px; background: var(--danger-soft); }
.errors h2 { margin: 0 0 .2rem; font-size: 1rem; color: var(--danger); }
.errors p { margin: 0; }

.field { margin: 0 0 1.25rem; }
label { display: block; margin-bottom: .35rem; font-weight: 600; }
.hint { margin: -.2rem 0 .4rem; font-size: .9rem; color: var(--muted); }
input[type=text], input[type=password] { width: 100%; height: 3rem; padding: 0 .85rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--field); border-radius: 7px; }
input[type=text]:hover, input[type=password]:hover { border-color: var(--plum); }
input:focus-visible { outline-offset: 0; border-color: var(--ink); border-radius: 7px; }
input[aria-invalid=true] { border: 2px solid var(--danger); }

.actions { display: flex; flex-direction: column; gap: .75rem; margin-top: 1.75rem; }
button { min-height: 3rem; padding: .6rem 1.25rem; font: inherit; font-weight: 620; border-radius: 7px; border: 1px solid var(--plum); cursor: pointer;
  transition: background-color .12s; }
button.primary { background: var(--plum); color: #fff; }
button.primary:hover { background: var(--plum-deep); }
button.secondary { align-self: center; min-height: 2.75rem; border-color: transparent; background: none; color: var(--link); font-weight: 500; text-decoration: underline; text-underline-offset: .15em; }
button.secondary:hover { text-decoration-thickness: 2px; }
.button { display: block; padding: .7rem 1.25rem; border-radius: 7px; background: var(--plum); color: #fff; font-weight: 620; text-align: center; text-decoration: none; }
.button:hover { background: var(--plum-deep); }
.reveal { display: flex; gap: .5rem; align-items: stretch; }
.reveal input { flex: 1; min-width: 0; }
button.plain { flex: none; min-width: 4.5rem; padding: 0 .75rem; border-color: var(--field); background: none; color: var(--link); font-weight: 500; }
.rules { margin: 0 0 1rem; padding: .9rem 1rem; background: var(--plum-soft); border-radius: 8px; font-size: .9375rem; }
.rules p { margin: 0 0 .4rem; font-weight: 600; }
.rules p.muted { margin: .4rem 0 0; font-weight: 400; min-height: 1.4em; }
.rules ul { margin: 0; padding: 0; list-style: none; }
.rules li { padding: .15rem 0 .15rem 1.6rem; position: relative; }
.rules li::before { content: "\\2022"; position: absolute; left: .5rem; color: var(--muted); }
.rules li.holds::before { content: "\\2713"; left: .2rem; color: var(--good); font-weight: 700; }
.links { margin: 1.5rem 0 0; padding: 0; list-style: none; }
.links li { padding: .35rem 0; }
details { margin: 1rem 0; color: var(--muted); font-size: .9rem; }
summary { cursor: pointer; }

.releases { margin: 0 0 1.25rem; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.releases li { padding: .65rem 0 .65rem 1.75rem; border-bottom: 1px solid var(--line); position: relative; }
.releases li::before { content: ""; position: absolute; left: .3rem; top: 1.1rem; width: .55rem; height: .55rem; border-radius: 50%; background: var(--plum); }
.person { display: flex; flex-direction: column; margin: 0 0 1.25rem; }
.person .name { font-weight: 620; }
.muted, .reference { color: var(--muted); font-size: .9rem; }
.help { margin: 1.5rem 0 0; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .9375rem; }
.reference { margin: 1.5rem 0 0; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em; }

footer { padding: 1.25rem 1.5rem 1.75rem; text-align: center; font-size: .875rem; color: var(--muted); }
footer p { max-width: 44rem; margin: 0 auto; text-wrap: balance; }

@media (max-width: 30rem) {
  .bar { padding: .7rem 1rem; gap: .5rem; }
  .emblem { width: 34px; height: 34px; }
  .service { font-size: 1.1rem; }
  .owner { font-size: .8125rem; }
  .languages ul { flex-direction: column; gap: 0; font-size: .875rem; text-align: center; }
  .languages a, .languages span { padding: .2rem .6rem; }
  main { padding: 0 0 1.5rem; }
  .card::before { display: none; }
  .card { border-width: 0 0 1px; border-radius: 0; padding: 1.75rem 1.25rem 2rem; box-shadow: none; }
  h1 { font-size: 1.4rem; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { .card, button, input { border: 1px solid; } }
`;
