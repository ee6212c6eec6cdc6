// The page of `allot profile`: the data as JSON, and a script that draws it. Nothing is fetched.
#include <map>

#include "allot/check/json_text.hpp"
#include "allot/check/profile.hpp"
#include "allot/check/reports.hpp"
#include "page_parts.hpp"

namespace allot::inline v0_1::check {

namespace {

constexpr const char* page_head = R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>allot profile</title>
<meta name="viewport" content="width=device-width"><style>
:root { --ink: #1c2024; --paper: #fff; --soft: #f1f3f5; --line: #d5d9de; --hit: #7048e8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16181b; --soft: #22262a; --line: #3a4046; } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 90rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.2rem; } h2 { font-size: 1rem; margin: 1.6rem 0 .5rem; } .sum { opacity: .75; }
nav { display: flex; gap: .5rem; flex-wrap: wrap; align-items: center; margin: .8rem 0; }
button, input { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: .2rem .6rem; }
button[aria-pressed=true] { border-color: var(--hit); box-shadow: inset 0 0 0 1px var(--hit); }
#flame { position: relative; overflow: hidden; } #flame div { position: absolute; height: 19px; line-height: 19px; font-size: 12px; overflow: hidden;
 white-space: nowrap; padding-left: 3px; box-sizing: border-box; border-right: 1px solid var(--paper); color: #1c2024; cursor: pointer; border-radius: 2px; }
#flame div.hit { background: var(--hit) !important; color: #fff; } #flame div.faded { opacity: .45; }
#detail { min-height: 1.5rem; } svg { width: 100%; height: 180px; background: var(--soft); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .15rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n { text-align: right; white-space: nowrap; } pre { margin: 0; font-size: 12px; white-space: pre-wrap; }
</style>)";

constexpr const char* page_script = R"(<script>
"use strict";
const human = n => { const units = ["bytes", "KiB", "MiB", "GiB", "TiB"]; let u = 0;
  while (n >= 10240 / (u ? 10 : 1) && u < 4) { n /= 1024; u++; } return (u ? n.toFixed(1) : n) + " " + units[u]; };
const by = id => document.getElementById(id);
let measure = "peak", zoomed = null, wanted = "";
function tree() {
  const root = { name: "all", value: 0, kids: new Map() };
  for (const s of data.stacks) { const v = s[measure]; if (!v) continue; root.value += v; let node = root;
    for (let i = s.frames.length - 1; i >= 0; i--) { const name = data.names[s.frames[i]];
      if (!node.kids.has(name)) node.kids.set(name, { name, value: 0, kids: new Map(), up: node });
      node = node.kids.get(name); node.value += v; } }
  return root; }
const colour = name => { let h = 0; for (const c of name) h = (h * 31 + c.charCodeAt(0)) % 360; return `hsl(${20 + h % 45} 85% ${68 + h % 12}%)`; };
const path = node => { const names = []; for (; node && node.up; node = node.up) names.push(node.name); return names.reverse(); };
function draw() {
  const root = tree(), box = by("flame"); box.textContent = ""; let top = root, deepest = 0, hits = 0;
  if (zoomed) for (const name of zoomed) { const next = top.kids.get(name); if (!next) break; top = next; }
  const put = (node, left, width, depth, faded) => { if (width < 0.05) return;
    const div = document.createElement("div"); div.style.cssText = `left:${left}%;width:${width}%;top:${depth * 20}px;background:${colour(node.name)}`;
    div.textContent = node.name; div.title = `${node.name}\n${human(node.value)}, ${(100 * node.value / (root.value || 1)).toFixed(1)} %`;
    if (faded) div.className = "faded"; if (wanted && node.name.toLowerCase().includes(wanted)) { div.className = "hit"; hits++; }
    div.onclick = () => { zoomed = node.up ? path(node) : null; by("detail").textContent = div.title.replace("\n", ": "); draw(); };
    box.append(div); deepest = Math.max(deepest, depth); };
  let depth = 0; const above = []; for (let n = top.up; n; n = n.up) above.unshift(n);
  for (const n of above) put(n, 0, 100, depth++, true);
  const walk = (node, left, width, depth) => { put(node, left, width, depth, false); let at = left;
    for (const kid of [...node.kids.values()].sort((a, b) => b.value - a.value)) { const w = width * kid.value / (node.value || 1);
      if (w >= 0.05) walk(kid, at, w, depth + 1); at += w; } };
  walk(top, 0, 100, depth); box.style.height = (deepest + 1) * 20 + "px";
  box.dataset.zoom = zoomed ? zoomed.join(";") : ""; by("hits").textContent = wanted ? hits + " frames match" : "";
  sites(); }
function sites() {
  const rows = data.stacks.filter(s => s[measure] && (!wanted || s.frames.some(f => data.names[f].toLowerCase().includes(wanted))));
  rows.sort((a, b) => b[measure] - a[measure]); const body = by("sites"); body.textContent = "";
  for (const s of rows.slice(0, 50)) { const tr = document.createElement("tr");
    for (const [text, number] of [[human(s[measure]), 1], [s.blocks, 1], [s.frames.slice(0, 12).map(f => data.names[f]).join("\n"), 0]]) {
      const td = document.createElement("td"); if (number) { td.className = "n"; td.textContent = text; }
      else { const pre = document.createElement("pre"); pre.textContent = text; td.append(pre); } tr.append(td); }
    body.append(tr); } }
const svg = (tag, attributes, title) => { const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  if (title) { const t = document.createElementNS("http://www.w3.org/2000/svg", "title"); t.textContent = title; e.append(t); } return e; };
function timeline() {
  const t = data.timeline, box = by("timeline"); if (t.length < 2) { box.replaceWith("Too short a run for a time line."); return; }
  const end = t[t.length - 1][0] || 1, most = Math.max(...t.map(p => p[1])) || 1;
  const points = t.map(([x, y]) => `${(1000 * x / end).toFixed(1)},${(175 - 165 * y / most).toFixed(1)}`).join(" ");
  box.append(svg("polygon", { points: `0,175 ${points} 1000,175`, fill: "#f59f00", "fill-opacity": .5, stroke: "#f59f00" }, `${human(most)} at most, ${(end / 1e9).toFixed(2)} s`)); }
function histogram() {
  const h = data.sizes; let last = h.length - 1; while (last > 0 && !h[last]) last--;
  const most = Math.max(...h) || 1, width = 1000 / (last + 1);
  for (let i = 0; i <= last; i++) by("sizes").append(svg("rect", { x: i * width, y: 175 - 165 * h[i] / most, width: width * .9, height: 165 * h[i] / most, fill: "#4dabf7" },
    `${i ? human(2 ** (i - 1)) + " to " + human(2 ** i - 1) : "0 bytes"}: ${h[i]} blocks`)); }
for (const button of document.querySelectorAll("button[data-measure]")) button.onclick = () => { measure = button.dataset.measure; zoomed = null;
  for (const b of document.querySelectorAll("button[data-measure]")) b.setAttribute("aria-pressed", b === button); draw(); };
by("reset").onclick = () => { zoomed = null; by("detail").textContent = ""; draw(); };
by("search").oninput = e => { wanted = e.target.value.toLowerCase(); draw(); };
draw(); timeline(); histogram();
</script></html>
)";

class Data {
 public:
  explicit Data(const Profile& profile) {
    json_.begin_object().key("stacks").begin_array();
    for (const ProfileEntry& entry : profile.entries) add_entry(entry);
    json_.end_array().key("names").begin_array();
    for (const std::string& name : names_) json_.value(name);
    json_.end_array().key("timeline").begin_array();
    for (const RecordedSample& sample : profile.timeline) {
      json_.begin_array().value(sample.time_ns).value(sample.live_bytes).end_array();
    }
    json_.end_array().key("sizes").begin_array();
    for (const std::uint64_t count : profile.size_histogram) json_.value(count);
    json_.end_array().end_object();
  }

  [[nodiscard]] const std::string& text() const { return json_.text(); }

 private:
  void add_entry(const ProfileEntry& entry) {
    json_.begin_object().member("peak", entry.peak_bytes).member("total", entry.total_bytes);
    json_.member("live", entry.live_bytes).member("blocks", entry.total_blocks).key("frames").begin_array();
    for (const Frame& frame : entry.trace) json_.value(id_of(frame));
    json_.end_array().end_object();
  }

  std::uint64_t id_of(const Frame& frame) {
    const auto [place, is_new] = ids_.try_emplace(frame_label(frame), names_.size());
    if (is_new) names_.push_back(place->first);
    return place->second;
  }

  JsonText json_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint64_t> ids_;
};

}  // namespace

std::string profile_html(const Profile& profile) {
  std::string page = page_head;
  page += "<h1>" + markup_escaped(profile.program) + " (process " + std::to_string(profile.process) + ")</h1>";
  page += "<p class=\"sum\">" + counted(profile.allocations, "allocation") + ", " + human_bytes(profile.total_bytes) +
          " in total, " + human_bytes(profile.peak_bytes) + " at the peak, " + human_bytes(profile.live_bytes) +
          " live at the end</p>";
  page += R"(<nav><button data-measure="peak" aria-pressed="true">live at the peak</button>
<button data-measure="total" aria-pressed="false">total</button><button data-measure="live" aria-pressed="false">live at the end</button>
<button id="reset">whole graph</button><input id="search" type="search" placeholder="search functions"><span id="hits"></span></nav>
<div id="flame"></div><p id="detail"></p>
<h2>Live bytes over time</h2><svg id="timeline" viewBox="0 0 1000 180" preserveAspectRatio="none"></svg>
<h2>Blocks by size</h2><svg id="sizes" viewBox="0 0 1000 180" preserveAspectRatio="none"></svg>
<h2>Top sites</h2><table><thead><tr><th>bytes</th><th>allocations</th><th>stack</th></tr></thead><tbody id="sites"></tbody></table>
)";
  page += "<script>const data = " + script_safe(Data(profile).text()) + ";</script>";
  return page + page_script;
}

}  // namespace allot::inline v0_1::check
