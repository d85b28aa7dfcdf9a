"use strict";
(() => {
  const bar = document.getElementById("filter");
  const word = document.getElementById("word");
  const verdict = document.getElementById("verdict");
  const shown = document.getElementById("shown");
  const entries = [...document.querySelectorAll(".entry")].map((node) => ({
    node, verdict: node.dataset.verdict,
    text: (node.querySelector("summary").textContent + " " + node.dataset.claims).toLowerCase(),
  }));
  const groups = [...document.querySelectorAll(".group")];
  const unfolded = new Map(groups.map((one) => [one, one.open]));
  const apply = () => {
    const wanted = word.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const one of entries) {
      const fits = (!verdict.value || one.verdict === verdict.value)
        && wanted.every((part) => one.text.includes(part));
      one.node.hidden = !fits;
      count += fits;
    }
    const active = wanted.length > 0 || verdict.value !== "";
    for (const one of groups) {
      const left = one.querySelector(".entry:not([hidden])");
      one.hidden = !left;
      one.open = active ? true : unfolded.get(one);
    }
    shown.textContent = `${count} of ${entries.length} shown`;
  };
  bar.hidden = false;
  word.addEventListener("input", apply);
  verdict.addEventListener("change", apply);
  apply();
})();
