/** The reference page's style sheet. Its hash is in the page's content security policy. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fdfdfc, #16181b); --panel: light-dark(#f3f3f0, #1e2125); --ink: light-dark(#1c1e21, #e4e6e8);
  --faint: light-dark(#5d636b, #9aa1a9); --line: light-dark(#dedfda, #33373c); --link: light-dark(#0b5cad, #7db6f0);
  --get: light-dark(#0b6e4f, #58c79c); --post: light-dark(#0b5cad, #7db6f0); --put: light-dark(#8a5a00, #e0b050);
  --delete: light-dark(#a8261c, #f08a80);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; display: grid;
  grid-template-columns: 22rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; background: var(--panel);
  border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; margin: 1.25rem 0 .25rem; border: 0;
  padding: 0; }
nav h2 a { color: var(--faint); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: flex; gap: .5rem; align-items: baseline; padding: .1rem 0; color: var(--ink); overflow-wrap: anywhere; }
nav .method { flex: 0 0 3rem; font-size: .7rem; }
main { padding: 2rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 66rem; }
h1 { font-size: 1.9rem; margin: 0; }
h2 { font-size: 1.4rem; margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; color: var(--faint); margin: 1rem 0 .35rem; }
p { margin: .4rem 0 .8rem; max-width: 46rem; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
.lead { font-size: 1.1rem; color: var(--faint); }
code, pre { font: .875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; }
.operation { border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: 1rem 0; }
.operation:target { border-color: var(--link); }
.anchor { visibility: hidden; margin-left: .3rem; }
h3:hover .anchor, .anchor:focus-visible { visibility: visible; }
.method { font: 600 .8rem ui-monospace, Menlo, Consolas, monospace; text-transform: uppercase; }
.method.get { color: var(--get); } .method.post { color: var(--post); } .method.put, .method.patch { color: var(--put); }
.method.delete { color: var(--delete); }
.scope { white-space: nowrap; font-size: .8rem; border: 1px solid var(--line); border-radius: 99px; padding: .1rem .6rem;
  color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
th { font-weight: 400; min-width: 12rem; } th em { color: var(--faint); font-size: .75rem; }
.type { color: var(--faint); min-width: 8rem; overflow-wrap: anywhere; }
.answers { list-style: none; margin: 0; padding: 0; font-size: .875rem; }
.answers li { padding: .2rem 0; }
summary { cursor: pointer; }
.status { font: 600 .8rem ui-monospace, Menlo, Consolas, monospace; margin-right: .4rem; }
.s2 { color: var(--get); } .s4, .s5 { color: var(--delete); }
@media (max-width: 60rem) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
}
`;
