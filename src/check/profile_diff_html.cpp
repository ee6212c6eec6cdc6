// The page of `allot diff`: the stacks as JSON, and a script that draws them. Nothing is fetched.
#include "allot/check/findings.hpp"
#include "allot/check/json_text.hpp"
#include "allot/check/profile_diff.hpp"
#include "page_parts.hpp"

namespace allot::inline v0_1::check {

namespace {

constexpr const char* head = R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>allot diff</title>
<meta name="viewport" content="width=device-width"><style>
:root { --ink: #1c2024; --paper: #fff; --soft: #f1f3f5; --line: #d5d9de; --hit: #7048e8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #16181b; --soft: #22262a; --line: #3a4046; } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 90rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.2rem; } nav { display: flex; gap: .5rem; flex-wrap: wrap; margin: .8rem 0; }
button, input { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: .2rem .6rem; }
button[aria-pressed=true] { border-color: var(--hit); }
#flame { position: relative; overflow: hidden; } #flame div { position: absolute; height: 19px; line-height: 19px; font-size: 12px; overflow: hidden;
 white-space: nowrap; padding-left: 3px; box-sizing: border-box; border-right: 1px solid var(--paper); color: #1c2024; cursor: pointer; border-radius: 2px; }
#flame div.hit { outline: 2px solid var(--hit); outline-offset: -2px; }
table { border-collapse: collapse; width: 100%; } td { padding: .15rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n { text-align: right; white-space: nowrap; } pre { margin: 0; font-size: 12px; white-space: pre-wrap; }
</style><h1>allot diff</h1>)";

constexpr const char* body = R"(<nav><button data-width="after" aria-pressed="true">second run</button>
<button data-width="before" aria-pressed="false">first run</button><button id="reset">whole graph</button>
<input id="search" type="search" placeholder="search functions"><span>red grew, blue shrank, grey is new or as before</span></nav>
<div id="flame"></div><p id="detail"></p><table><tbody id="changes"></tbody></table>
)";

constexpr const char* script = R"js(<script>
"use strict";
const by = id => document.getElementById(id);
const human = n => { const units = ["bytes", "KiB", "MiB", "GiB"]; let u = 0; n = Math.abs(n);
  while (n >= 1024 && u < 3) { n /= 1024; u++; } return (u ? n.toFixed(1) : n) + " " + units[u]; };
const signed = n => (n < 0 ? "-" : "+") + human(n);
let width = "after", zoomed = [], wanted = "";
const root = { name: "all", before: 0, after: 0, kids: new Map(), up: null };
for (const s of data) { let node = root; const names = s.stack.split(";");
  for (let i = -1; i < names.length; i++) {
    if (i >= 0) { if (!node.kids.has(names[i])) node.kids.set(names[i], { name: names[i], before: 0, after: 0, kids: new Map(), up: node });
      node = node.kids.get(names[i]); }
    node.before += s.before; node.after += s.after; } }
const colour = n => { const change = n.after - n.before, most = Math.max(n.after, n.before) || 1;
  return change === 0 ? "hsl(0 0% 80%)" : `hsl(${change > 0 ? 8 : 215} 85% ${88 - 30 * Math.min(1, Math.abs(change) / most)}%)`; };
const path = n => { const names = []; for (; n.up; n = n.up) names.unshift(n.name); return names; };
function draw() {
  const box = by("flame"); box.textContent = ""; let top = root, deepest = 0;
  for (const name of zoomed) top = top.kids.get(name) || top;
  const walk = (n, left, size, depth) => { if (size < 0.05) return; deepest = Math.max(deepest, depth);
    const div = document.createElement("div"); div.style.cssText = `left:${left}%;width:${size}%;top:${depth * 20}px;background:${colour(n)}`;
    div.textContent = n.name; div.title = `${n.name}: ${signed(n.after - n.before)} (${human(n.before)} to ${human(n.after)})`;
    if (wanted && n.name.toLowerCase().includes(wanted)) div.className = "hit";
    div.onclick = () => { zoomed = path(n); by("detail").textContent = div.title; draw(); }; box.append(div);
    let at = left; for (const kid of [...n.kids.values()].sort((a, b) => b[width] - a[width])) {
      const part = size * kid[width] / (n[width] || 1); walk(kid, at, part, depth + 1); at += part; } };
  walk(top, 0, 100, 0); box.style.height = (deepest + 1) * 20 + "px"; box.dataset.zoom = zoomed.join(";"); }
for (const s of data.filter(s => s.before !== s.after).slice(0, 200)) { const row = by("changes").insertRow();
  const cell = row.insertCell(); cell.className = "n"; cell.textContent = signed(s.after - s.before);
  const pre = document.createElement("pre"); pre.textContent = s.stack.split(";").reverse().join("\n"); row.insertCell().append(pre); }
for (const button of document.querySelectorAll("[data-width]")) button.onclick = () => { width = button.dataset.width;
  for (const other of document.querySelectorAll("[data-width]")) other.setAttribute("aria-pressed", other === button); draw(); };
by("reset").onclick = () => { zoomed = []; draw(); };
by("search").oninput = event => { wanted = event.target.value.toLowerCase(); draw(); };
draw();
</script></html>
)js";

std::string data_of(const ProfileDiff& diff) {
  JsonText json;
  json.begin_array();
  for (const std::vector<StackChange>* changes : {&diff.changes, &diff.same}) {
    for (const StackChange& change : *changes) {
      json.begin_object().member("stack", change.stack).member("before", change.before).member("after", change.after);
      json.end_object();
    }
  }
  json.end_array();
  return json.text();
}

}  // namespace

std::string diff_html(const ProfileDiff& diff) {
  std::string page = head;
  page += "<p>" + human_bytes(diff.before) + " before, " + human_bytes(diff.after) + " after, " +
          counted(diff.changes.size(), "stack") + " changed</p>";
  page += body;
  page += "<script>const data = " + script_safe(data_of(diff)) + ";</script>";
  return page + script;
}

}  // namespace allot::inline v0_1::check
