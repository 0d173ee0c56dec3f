// Words and plurals in the language of the page. What stands here in the source is English and the key; a page in
// another language loads its catalogue first (peoplecountWords, see peoplecount/web/languages.py).

const root = globalThis.document?.documentElement;

export const LANGUAGE = root?.lang || "en";

// How figures and dates are written, for Intl.
export const FORMATS = root?.dataset.formats || "en-GB";

const catalogue = globalThis.peoplecountWords ?? { words: {}, said: [] };
const plurals = new Intl.PluralRules(LANGUAGE);
const numbers = new Intl.NumberFormat(FORMATS, { useGrouping: "always" });

// _("Cameras answering: %(up)s of %(all)s", { up, all })
export function _(words, values) {
  return filled(catalogue.words[words] ?? words, values);
}

// ngettext("%(num)s camera", "%(num)s cameras", count)
export function ngettext(one, many, number, values) {
  const forms = catalogue.words[one];
  const form = forms
    ? forms[plurals.select(number)] ?? forms.other
    : plurals.select(number) === "one" ? one : many;
  return filled(form, { num: numbers.format(number), ...values });
}

function filled(form, values = {}) {
  return form.replace(/%\((\w+)\)s|%%/g, (place, name) => (name ? String(values[name]) : "%"));
}

// Sentences that the stream brings are English; they are recognised by their form, as peoplecount/web/phrase_book.py
// does. What is not stays as it is.
const LEAST_LETTERS = 6;
const known = new Map();
let forms = null;
let plain = null;

export function said(text) {
  if (!text || !catalogue.said.length) return text;
  if (!known.has(text)) {
    if (known.size > 2_000) known.clear();
    known.set(text, recognised(text));
  }
  return known.get(text);
}

function recognised(text) {
  read();
  if (!text.includes(" ")) return plain.get(text) ?? text;
  // Without looking behind, which Safari has learned late.
  const pieces = text.replace(/([.?!;]) /g, "$1\u0000").split("\u0000");
  const told = pieces.length > 1 ? pieces.map(recognised) : [text];
  if (told.every((piece, index) => piece !== pieces[index])) return told.join(" ");
  return asKnown(text) ?? otherwiseBegun(text) ?? told.join(" ");
}

function asKnown(text) {
  if (plain.has(text)) return plain.get(text);
  for (const { pattern, words } of forms) {
    const found = pattern.exec(text);
    if (!found) continue;
    const values = Object.entries(found.groups).map(([name, value]) => [name, recognised(value)]);
    return filled(words, Object.fromEntries(values));
  }
  return null;
}

// A sentence that was given a capital letter and a full stop.
function otherwiseBegun(text) {
  const bare = text.replace(/\.+$/, "");
  for (const one of [bare, bare[0].toLowerCase() + bare.slice(1)]) {
    const words = one === text ? null : asKnown(one);
    if (words) return words[0].toUpperCase() + words.slice(1) + (bare === text ? "" : ".");
  }
  return null;
}

function read() {
  if (forms) return;
  plain = new Map();
  forms = [];
  for (const [key, words] of catalogue.said) {
    if (key.includes("%(")) forms.push(form(key, words));
    else plain.set(key.replaceAll("%%", "%"), words.replaceAll("%%", "%"));
  }
  forms = forms.filter(({ letters }) => letters >= LEAST_LETTERS).sort((a, b) => b.letters - a.letters);
}

function form(key, words) {
  const seen = new Set();
  const fixed = key.split(/%\(\w+\)s|%%/);
  const places = key.match(/%\(\w+\)s|%%/g) ?? [];
  const source = fixed.map((part, index) => {
    const place = places[index] ?? "";
    const name = place.slice(2, -2);
    const group = place === "" ? "" : place === "%%" ? "%" : seen.has(name) ? `\\k<${name}>` : `(?<${name}>.+?)`;
    seen.add(name);
    return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + group;
  });
  const letters = fixed.join("").replace(/[^\p{L}]/gu, "").length;
  return { pattern: new RegExp(`^${source.join("")}$`, "s"), words, letters };
}
