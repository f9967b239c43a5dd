// Each thing here makes something quicker that the page does without it too.
"use strict";
(() => {
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];
const words = document.body.dataset;
const send = (url, form) => fetch(url, { method: "POST", body: form, headers: { Accept: "application/json", "X-CSRF-Token": words.token } });
const ask = url => fetch(url, { headers: { Accept: "application/json" } }).then(r => r.ok ? r.json() : null).catch(() => null);
const later = (f, ms) => { let t; return () => { clearTimeout(t); t = setTimeout(f, ms); }; };
const set = (e, attrs) => { for (const k in attrs) e.setAttribute(k, attrs[k]); };
const make = (tag, props = {}, ...kids) => { const e = Object.assign(document.createElement(tag), props); e.append(...kids); return e; };
const notice = (text, ...more) => $("#status").replaceChildren(make("div", { className: "notice" }, make("p", { textContent: text }), ...more));

// What was just done is said once.
const here = new URL(location.href);
for (const p of ["done", "undo", "name", "sent"]) here.searchParams.delete(p);
if (here.href !== location.href) history.replaceState(null, "", here);
$("[data-focus]")?.focus();

// Lists: Tab reaches only the current row; arrows and j/k move.
let at = -1, clicked = -1;
const rows = () => $$("tr[data-row]");
const boxes = () => $$("tbody input[name=m]");
function stand(i, focus) {
	const all = rows();
	if (!all.length) return;
	at = Math.max(0, Math.min(i, all.length - 1));
	all.forEach((r, n) => {
		r.classList.toggle("at", focus && n === at);
		if (r.closest(".mails")) for (const e of $$("a,input,button", r)) e.tabIndex = n === at ? 0 : -1;
	});
	if (focus) $("[data-open]", all[at])?.focus();
}
function chosen() {
	const bar = $("[data-bulk]"), count = boxes().filter(b => b.checked).length;
	if (!bar) return;
	bar.classList.toggle("chosen", count > 0);
	$("[data-chosen]", bar).textContent = count ? $("[data-chosen]", bar).dataset.text.replace("#", count) : "";
	const all = $("[data-all]", bar);
	all.closest("label").hidden = false;
	all.checked = count > 0 && count === boxes().length;
	all.indeterminate = count > 0 && !all.checked;
	for (const b of $$("button", bar)) b.disabled = count === 0;
}
document.addEventListener("click", e => {
	const star = e.target.closest("[data-star]");
	if (star) {
		const [op, id] = star.value.split(":"), flip = on => { star.ariaPressed = on; star.value = (on ? "unstar:" : "star:") + id; };
		e.preventDefault();
		flip(op === "star");
		return send("/inbox/marked", new URLSearchParams({ one: op + ":" + id })).then(r => { if (!r.ok) throw r; }).catch(() => { flip(op !== "star"); notice(words.undone); });
	}
	const box = e.target.closest("tbody input[name=m]");
	if (box) {
		const all = boxes(), i = all.indexOf(box);
		if (e.shiftKey && clicked >= 0) for (let n = Math.min(i, clicked); n <= Math.max(i, clicked); n++) all[n].checked = box.checked;
		clicked = i;
	}
	if (e.target.matches("[data-all]")) for (const b of boxes()) b.checked = e.target.checked;
	chosen();
	const spot = e.target.closest("[data-line]"), field = spot && $(spot.hash);
	if (field?.setSelectionRange && field.offsetParent) {
		const start = field.value.split("\n").slice(0, spot.dataset.line - 1).map(l => l + "\n").join("").length + +spot.dataset.column - 1;
		setTimeout(() => { field.focus(); field.setSelectionRange(start, start + 1); });
	}
});
document.addEventListener("dblclick", e => e.target.closest("a,input,button,label") || e.target.closest("tr[data-row]")?.querySelector("[data-open]").click());
document.addEventListener("focusin", e => {
	const row = e.target.closest(".mails tr[data-row]");
	if (row && rows().indexOf(row) !== at) stand(rows().indexOf(row), false);
});
stand(0, false);
chosen();

// Keys; single ones can be switched off (WCAG 2.1.4).
const keysOff = () => localStorage.getItem("keys") === "off";
const typing = e => e.closest("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable=true]");
document.addEventListener("keydown", e => {
	const form = $("[data-compose]");
	if ((e.ctrlKey || e.metaKey) && e.key === "Enter" && $("[data-send]")) { e.preventDefault(); return $("[data-send]").click(); }
	if ((e.ctrlKey || e.metaKey) && e.key === "s" && form) { e.preventDefault(); return save(form); }
	if (e.target.id === "find" && form && e.key === "Enter") { e.preventDefault(); return $("[value=find]").click(); }
	if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
	if (keysOff() && e.key.length === 1) return;
	const inList = e.target.closest("table"), step = { j: 1, k: -1 }[e.key] || (inList && { ArrowDown: 1, ArrowUp: -1 }[e.key]);
	if (step) { e.preventDefault(); return stand($("tr.at") || inList ? at + step : Math.max(at, 0), true); }
	const row = $("tr.at");
	if (row && e.key === "o") return $("[data-open]", row)?.click();
	if (row && e.key === "x") return $("input[name=m]", row)?.click();
	const bulk = row && $(`[data-bulkkey="${CSS.escape(e.key)}"]`);
	if (bulk?.disabled) $("input[name=m]", row).click();
	if (bulk) return bulk.click();
	const own = row && $(`[data-rowkey="${CSS.escape(e.key)}"]`, row), to = own || $(`[data-key="${CSS.escape(e.key)}"]`);
	if (!to || (e.key === "Escape" && $(":popover-open"))) return;
	e.preventDefault();
	to.matches("input") ? (to.focus(), to.select()) : to.click();
});
const toggle = $("[data-keys-on]");
if (toggle) {
	$("[data-keys]").hidden = false;
	toggle.checked = !keysOff();
	toggle.onchange = () => localStorage.setItem("keys", toggle.checked ? "on" : "off");
}

// The editor. What was not touched goes back as it came.
// A merge field is shown as what it stands for.
const merge = code => {
	const path = code.split(/[\s|{}]+/)[1], known = $$("[data-field] option").find(o => o.value === `{{ ${path} }}`);
	const e = make("span", { className: "merge", contentEditable: "false", textContent: known?.dataset.shown || path, title: code });
	e.dataset.code = code;
	return e;
};
const editor = $("[data-editor=rich]"), rich = $("[data-rich]");
let lastField = null, touched = false;
if (editor) {
	const area = $("[data-body]");
	const doc = new DOMParser().parseFromString($("[data-html]").value, "text/html");
	for (const e of $$("script,style,iframe,object,embed,link,meta,base,form,input,button,textarea,select,svg,math", doc)) e.remove();
	for (const e of $$("*", doc)) for (const a of [...e.attributes])
		if (/^(on|srcset|ping)/i.test(a.name) || (/^(href|src)$/i.test(a.name) && !/^\s*(https?:|mailto:|tel:|cid:|data:image\/|\{\{|#)/i.test(a.value))) e.removeAttribute(a.name);
	rich.replaceChildren(...doc.body.childNodes);
	const texts = document.createTreeWalker(rich, NodeFilter.SHOW_TEXT), found = [];
	while (texts.nextNode()) if (texts.currentNode.data.includes("{{")) found.push(texts.currentNode);
	for (const n of found) n.replaceWith(...n.data.split(/(\{\{[^{}]*\}\})/).map(s => s.startsWith("{{") ? merge(s) : s));
	for (const p of $$("p:empty", rich)) p.append(make("br"));
	if (!rich.textContent.trim() && !$("img", rich)) rich.innerHTML = "<p><br></p>";
	area.hidden = true;
	rich.hidden = $("[data-toolbar]").hidden = false;
	for (const h of $$(".no-script")) h.hidden = true;
	document.execCommand("defaultParagraphSeparator", false, "p");
	rich.addEventListener("input", () => { touched = true; });
	rich.addEventListener("paste", e => {
		e.preventDefault();
		document.execCommand("insertText", false, e.clipboardData.getData("text/plain"));
	});
	$("[data-toolbar]").addEventListener("click", e => {
		const b = e.target.closest("[data-do]");
		if (!b) return;
		rich.focus();
		let value = null;
		if (b.dataset.do === "createLink") {
			value = prompt(b.dataset.ask, "https://");
			if (!/^(https?:\/\/.|mailto:.|tel:.)/i.test(value || "")) return;
		}
		document.execCommand(b.dataset.do, false, value);
		touched = true;
	});
}
const collect = form => {
	if (!editor || !touched) return;
	const copy = rich.cloneNode(true);
	for (const m of $$("[data-code]", copy)) m.replaceWith(m.dataset.code);
	$("[data-html]", form).value = copy.innerHTML;
	Object.assign($("[data-edited]", form), { disabled: false, value: "1" });
};
document.addEventListener("focusin", e => { if (e.target.matches("#subject,[data-body],[data-rich]")) lastField = e.target; });
$("[data-insert]")?.addEventListener("click", e => {
	const to = lastField || (editor ? rich : $("[data-body]")), code = $("[data-field]").value;
	e.preventDefault();
	to.focus();
	if (to === rich) document.execCommand("insertHTML", false, merge(code).outerHTML + "\u00a0");
	else { to.setRangeText(code, to.selectionStart, to.selectionEnd, "end"); to.dispatchEvent(new Event("input", { bubbles: true })); }
});

// Saving, one request at a time.
let saving = null, dirty = false, stopped = false;
function save(form) {
	if (saving || stopped) return saving;
	const said = $("[data-saved]", form);
	collect(form);
	const data = new FormData(form);
	data.delete("file");
	data.set("op", "save");
	dirty = false;
	said.textContent = words.saving;
	saving = send(form.action, data).then(r => r.json().then(j => ({ r, j }))).then(({ r, j }) => {
		if (!r.ok) { stopped = r.status === 409; throw new Error(j.message); }
		form.action = j.action;
		form.elements.revision.value = j.revision;
		said.textContent = j.saved;
		if (location.pathname !== j.action) history.replaceState(null, "", j.action);
	}).catch(e => { dirty = true; said.textContent = e.name === "Error" && e.message || words.unsaved; }).finally(() => { saving = null; });
	return saving;
}
for (const form of $$("form.compose")) {
	const writes = form.matches("[data-compose]"), soon = later(() => dirty && save(form), 2500);
	let leaving = false;
	form.addEventListener("input", e => { if (writes && !e.target.matches("[name=find],[name=field],[name=template],[type=file]")) { dirty = true; soon(); } });
	form.addEventListener("submit", e => {
		if (e.submitter?.tabIndex < 0 && document.activeElement.matches("[data-people]")) return e.preventDefault(); // Enter among recipients
		if (saving) { e.preventDefault(); const by = e.submitter; saving.finally(() => form.requestSubmit(by)); return; }
		collect(form);
		leaving = true;
		if (e.submitter?.matches("[data-attach]")) upload(form, e);
	});
	addEventListener("beforeunload", e => { if (dirty && !leaving) e.preventDefault(); });
	const drop = $("[data-drop]", form);
	if (drop) {
		for (const type of ["dragover", "dragleave", "drop"]) form.addEventListener(type, e => {
			if (!e.dataTransfer?.types.includes("Files")) return;
			e.preventDefault();
			drop.classList.toggle("over", type === "dragover");
			if (type === "drop") { $("[type=file]", form).files = e.dataTransfer.files; $("[data-attach]", form).click(); }
		});
		$("[type=file]", form).addEventListener("change", () => $("[data-attach]", form).click());
	}
}
// Files go up with a bar and a way to stop.
let refused = false;
function upload(form, e) {
	if (refused || !$("[type=file]", form).files.length) return;
	e.preventDefault();
	const x = new XMLHttpRequest(), data = new FormData(form, e.submitter);
	const bar = make("progress", { max: 1, value: 0, ariaLabel: words.saving });
	const stop = make("button", { type: "button", className: "small", textContent: "×", ariaLabel: words.stop, onclick: () => x.abort() });
	$("[data-drop]", form).append(bar, stop);
	x.upload.onprogress = p => { bar.value = p.loaded / p.total; };
	x.onabort = x.onerror = () => { bar.remove(); stop.remove(); $("[type=file]", form).value = ""; };
	x.onload = () => {
		if (x.status < 400) return location.assign(x.responseURL);
		refused = true; // once more without us: a page says why
		form.requestSubmit(e.submitter);
	};
	x.open("POST", form.action);
	x.send(data);
}

// Completion of recipients: ARIA's combobox.
for (const input of $$("[data-people]")) {
	const list = make("ul", { className: "complete", id: input.id + "-list", hidden: true, role: "listbox", ariaLabel: $(`label[for=${input.id}]`).textContent });
	input.closest("p").after(list);
	set(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": false, "aria-controls": list.id });
	let found = [], on = 0;
	const show = () => {
		list.hidden = !found.length;
		list.replaceChildren(...found.map((f, i) => make("li", { id: list.id + i, role: "option", ariaSelected: i === on, onmousedown: e => { e.preventDefault(); on = i; take(); } },
			make("bdi", { textContent: f.value }), " ", make("small", { textContent: f.detail }))));
		set(input, { "aria-expanded": found.length > 0, "aria-activedescendant": found.length ? list.id + on : "" });
	};
	const last = () => input.value.match(/(?:"[^"]*"|[^,;])*$/)[0];
	const take = () => {
		input.value = input.value.slice(0, input.value.length - last().length).replace(/[,;]\s*$/, ", ") + found[on].value + ", ";
		found = [];
		show();
		input.dispatchEvent(new Event("input", { bubbles: true }));
	};
	input.addEventListener("input", later(async () => {
		const q = last().trim();
		const got = q.length < 2 ? null : await ask("/complete?q=" + encodeURIComponent(q));
		if (last().trim() !== q) return;
		found = got || [];
		on = 0;
		show();
	}, 150));
	input.addEventListener("keydown", e => {
		if (!found.length) return;
		const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
		if (step) on = (on + step + found.length) % found.length, show();
		else if (e.key === "Enter" && !e.ctrlKey || e.key === "Tab") take();
		else if (e.key === "Escape") found = [], show();
		else return;
		e.preventDefault();
	});
	input.addEventListener("blur", () => { found = []; show(); });
}

// New things appear by themselves: /events tells that, the page is read again.
async function refresh() {
	const live = $("[data-live]"), r = await fetch(location.href).catch(() => null);
	if (!r?.ok) return;
	const doc = new DOMParser().parseFromString(await r.text(), "text/html"), focus = document.activeElement?.getAttribute("href");
	if (live && $("[data-live]", doc) && !boxes().some(b => b.checked)) {
		const held = live.contains(document.activeElement);
		live.replaceWith($("[data-live]", doc));
		if ($(".range", doc)) $(".range").textContent = $(".range", doc).textContent;
		stand(at, false);
		if (held && focus) $(`a[href="${CSS.escape(focus)}"]`)?.focus();
	}
	if (!$("#side:popover-open") && !$("#side").contains(document.activeElement)) $("#side").replaceChildren(...$("#side", doc).childNodes);
}
async function poll() {
	if (document.hidden) return;
	const after = sessionStorage.getItem("after");
	const j = await ask("/events?after=" + (after || 0));
	if (!j) return;
	sessionStorage.setItem("after", j.next);
	if (after === null && j.more) return poll();
	if (after === null || !(j.new || j.outbox || j.other)) return;
	if (j.new && !$("[data-live=list]")) notice(j.text, make("a", { href: "/inbox", className: "button small", textContent: words.show }));
	if (!$("[data-compose]")) await refresh();
}
poll();
setInterval(poll, 10000);
setInterval(() => {
	for (const e of $$("[data-left]")) {
		const s = Math.ceil((Date.parse(e.dataset.left) - Date.now()) / 1000);
		if (s > 0) { e.textContent = e.dataset.text.replace("#", s); continue; }
		delete e.dataset.left;
		$("#status form")?.remove();
		setTimeout(refresh, 1500);
	}
}, 1000);
})();
