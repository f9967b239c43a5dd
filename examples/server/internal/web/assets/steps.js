// What is looked for and tried is shown while it happens: a form that has data-steps is sent for lines of JSON, each a step, the last one a page to go to.
// Without this script the same form leads to the same page.
"use strict";
(() => {
const make = (tag, props = {}, ...kids) => { const e = Object.assign(document.createElement(tag), props); e.append(...kids); return e; };
const icons = document.querySelector("svg use").getAttribute("href").split("#")[0];
const names = { ok: "check", failed: "close", warning: "warning", running: "clock" };
function mark(state) {
	const span = make("span", { className: "mark " + state, ariaHidden: "true" });
	if (!names[state]) return span;
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
	svg.setAttribute("class", "icon");
	use.setAttribute("href", icons + "#" + names[state]);
	svg.append(use);
	span.append(svg);
	return span;
}
async function follow(form, button) {
	const place = document.getElementById(form.dataset.steps), list = make("ul", { className: "steps" }), known = new Map();
	place.replaceChildren(make("p", { className: "hint", textContent: form.dataset.running }), list);
	place.scrollIntoView({ block: "nearest" });
	const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)), headers: { Accept: "application/x-ndjson" } });
	if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/x-ndjson")) return null;
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	for (let rest = "";;) {
		const { value, done } = await reader.read();
		if (done) throw new Error();
		rest += value;
		const lines = rest.split("\n");
		rest = lines.pop();
		for (const line of lines.map(l => JSON.parse(l))) {
			if (line.to) return line;
			if (line.error) { place.replaceChildren(make("p", { className: "error", textContent: line.error })); return line; }
			const item = make("li", { className: line.state }, mark(line.state), make("div", {}, make("span", { className: "what", textContent: line.name }), make("p", { textContent: line.text })));
			known.has(line.key) ? known.get(line.key).replaceWith(item) : list.append(item);
			known.set(line.key, item);
		}
	}
}
for (const form of document.querySelectorAll("form[data-steps]")) form.addEventListener("submit", async e => {
	const button = e.submitter, wants = button?.matches("[data-live-step]") || form.action.includes("/accounts/new/");
	if (form.dataset.plain || !wants) return;
	e.preventDefault();
	if (form.ariaBusy === "true") return;
	form.ariaBusy = "true";
	try {
		const end = await follow(form, button);
		if (end?.to) return location.assign(end.to);
		if (!end) { form.dataset.plain = "1"; form.requestSubmit(button); }
	} catch {
		document.getElementById(form.dataset.steps).replaceChildren(make("p", { className: "error", textContent: document.body.dataset.unsaved }));
	} finally { form.ariaBusy = "false"; }
});
})();
