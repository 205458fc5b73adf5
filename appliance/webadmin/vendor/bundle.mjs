// Turns the installed packages into the few files the browser gets. Usage: node bundle.mjs PACKAGES OUT
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [packages, out] = process.argv.slice(2);
const modules = join(packages, "node_modules");
const esbuild = createRequire(join(modules, "x.js"))("esbuild");

function manifest(name) {
  return JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
}

/** Bundle one entry into an ES module; returns the packages whose code is inside. */
function bundle(entry, target) {
  copyFileSync(join(here, entry), join(packages, entry));
  const result = esbuild.buildSync({
    absWorkingDir: packages,
    entryPoints: [entry],
    outfile: join(out, target),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const inside = Object.keys(result.metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(inside.filter(Boolean))].sort();
}

/** Copy a ready-made file without its source map, which is not shipped. */
function take(path, target) {
  const text = readFileSync(join(modules, path), "utf8").replace(/\n?(\/\/# |\/\*# )sourceMappingURL=.*\s*$/, "\n");
  writeFileSync(join(out, target), text);
}

/** One SVG file with a symbol per icon name in icons.txt, used as `icons.svg#name`. */
function sprite() {
  const names = readFileSync(join(here, "icons.txt"), "utf8").split(/\s+/).filter(Boolean);
  const symbols = names.map((name) => {
    const source = readFileSync(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
    const body = source.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    const shapes = body.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "");
    return (
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
    );
  });
  writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
}

function licences(names) {
  const parts = names.map((name) => {
    const { version, license } = manifest(name);
    const file = readdirSync(join(modules, name)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(modules, name, file), "utf8").trim() : `(${license}; the package carries no text)`;
    return `=== ${name} ${version} — ${license}\n\n${text}\n`;
  });
  writeFileSync(join(out, "LICENSES"), parts.join("\n"));
}

function lockLine(file, name) {
  const { version, license } = manifest(name);
  const hash = createHash("sha256").update(readFileSync(join(out, file))).digest("hex");
  return [file, name, version, license, hash].join("  ");
}

mkdirSync(join(out, "testing"), { recursive: true });
const inside = [...bundle("jssip.entry.js", "jssip.js"), ...bundle("lit.entry.js", "lit.js")];
take("htmx.org/dist/htmx.min.js", "htmx.js");
take("@tabler/core/dist/css/tabler.min.css", "tabler.css");
take("axe-core/axe.min.js", "testing/axe.js");
sprite();
licences([...new Set([...inside, "htmx.org", "@tabler/core", "@tabler/icons", "axe-core"])].sort());
const outputs = [
  ["htmx.js", "htmx.org"],
  ["icons.svg", "@tabler/icons"],
  ["jssip.js", "jssip"],
  ["lit.js", "lit"],
  ["tabler.css", "@tabler/core"],
  ["testing/axe.js", "axe-core"],
];
process.stdout.write(outputs.map(([file, name]) => lockLine(file, name)).join("\n") + "\n");
