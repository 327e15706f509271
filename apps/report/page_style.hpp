// The style of report.html: one column, pictures first, light and dark.
#pragma once

namespace clockless {

inline constexpr const char* page_style = R"css(
:root { color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1c1b19; --soft: #6b6862; --rule: #e4e1da;
  --c0: #1f6f8b; --c1: #c8553d; --c2: #5b8c3e; --c3: #8a5fb0; --c4: #b98a1c; --c5: #4a4e69; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14161a; --card: #1b1e24; --ink: #e9e6df; --soft: #98948b; --rule: #2d3139;
  --c0: #66b9d6; --c1: #f08a6e; --c2: #97c977; --c3: #c3a0e6; --c4: #e3bd5c; --c5: #a3a8cc; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 "Inter", "Source Sans 3", system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 56px 28px 72px; }
header h1 { font-size: 38px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; margin: 0; }
header p { color: var(--soft); margin: 8px 0 0; font-size: 17px; }
h2 { font-size: 22px; font-weight: 620; letter-spacing: -0.01em; margin: 52px 0 6px; }
p { max-width: 68ch; margin: 6px 0 0; }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(184px, 1fr)); gap: 1px;
  margin: 32px 0 8px; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; overflow: hidden; }
.numbers div { box-shadow: 0 0 0 1px var(--rule); padding: 15px 18px 14px; }
.numbers dt { font-size: 12.5px; color: var(--soft); }
.numbers dd { margin: 1px 0 0; font-size: 23px; font-weight: 600; letter-spacing: -0.015em;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; line-height: 1.3; }
.numbers dd.note { font-weight: 400; letter-spacing: 0; font-size: 12.5px; color: var(--soft); line-height: 1.4; }
figure { margin: 22px 0 0; padding: 22px 22px 16px; background: var(--card);
  border: 1px solid var(--rule); border-radius: 12px; }
figure + p { margin-top: 20px; }
figcaption { color: var(--soft); font-size: 14px; margin-top: 12px; max-width: 80ch; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px/1 "Inter", "Source Sans 3", system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg text.name { fill: var(--ink); font-size: 13px; }
svg .grid { stroke: var(--rule); stroke-width: 1; fill: none; }
svg .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
svg .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
svg .dashed { stroke-dasharray: 6 5; }
svg .dotted { stroke-dasharray: 0.1 5; }
svg .spikes { stroke: var(--ink); fill: none; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
.s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
svg .bar { fill: var(--c0); }
svg .value { fill: var(--soft); }
svg .dot { fill: var(--card); stroke-width: 2.2; }
.pictures { display: flex; flex-wrap: wrap; gap: 10px; }
.pictures span { display: block; font-size: 12px; line-height: 1.35; color: var(--soft); text-align: center; margin-top: 4px; }
.pictures img { display: block; width: 100%; image-rendering: pixelated; border-radius: 3px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--rule); padding: 6px 14px 6px 0; }
td { border-bottom: 1px solid var(--rule); padding: 6px 14px 6px 0; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; overflow-wrap: normal; }
tr:last-child td { border-bottom: 0; }
.right { text-align: right; }
footer { margin-top: 56px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; }
)css";

}  // namespace clockless
