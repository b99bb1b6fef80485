/**
 * Makes the one file that is published as the program, everything in it, and
 * the licences of what is in it. Run with tsx: the help of each command is
 * written into the bundle, so that it needs nothing loaded.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { licensesOf } from "../../tools/licenses.ts"

const here = dirname(fileURLToPath(import.meta.url))
const outfile = join(here, "dist/checkpoint-permissions.js")

const { commandHelp } = await import("./src/Cli.ts")
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"))
const bundled = {
  version,
  commands: commandHelp.map(({ name, summary, usage, details, explainsShared, lists, examples, entries }) => ({
    name,
    summary,
    usage,
    details,
    explainsShared,
    lists,
    examples,
    entries
  }))
}

/**
 * Modules of Node are loaded when what uses them is: an import at the top of the
 * bundle would load all of them for a line of help.
 *
 * @type {import("esbuild").Plugin}
 */
const lazyBuiltins = {
  name: "lazy-builtins",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /.*/ }, ({ namespace, path }) => {
      // Every name with the prefix counts: Node 20 does not know all modules of Node 24, and both have to make the same bytes.
      if (!path.startsWith("node:") && !isBuiltin(path)) return undefined
      return namespace === "builtin" ? { path, external: true } : { path, namespace: "builtin" }
    })
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`
    }))
  }
}

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: here,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  // imports that only fail beside Effect 4
  logOverride: { "ignored-bare-import": "silent" },
  write: false,
  plugins: [lazyBuiltins]
}

/** @param {string} entry */
const built = async (entry) => {
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    format: "cjs",
    metafile: true,
    define: { "import.meta.url": "bundleUrl" }
  })
  return { inputs: Object.keys(metafile.inputs), text: outputFiles[0]?.text ?? "" }
}

const program = await built("src/internal/command/main.ts")
const emulator = await built("src/commands/emulator.ts")

/**
 * All but the help is in the file as text, compiled when it is wanted: compiling
 * takes longer than Node takes to start. The emulator is a text of its own.
 *
 * @type {import("esbuild").Plugin}
 */
const programAsText = {
  name: "program-as-text",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]command[\\/]main\.ts$/ }, () => ({
      contents: `
        import { createRequire } from "node:module"
        import { setFlagsFromString } from "node:v8"
        import { compileFunction } from "node:vm"
        // A server is to be fast and keeps what it is given; what lists passes pages through: a small heap that is swept
        // often holds them as well as a large one.
        const isEmulator = process.argv[2] === "emulator"
        if (!isEmulator) {
          setFlagsFromString("--optimize-for-size")
          setFlagsFromString("--max-semi-space-size=1")
          // In such a heap, the compilers that Node 24 runs in threads wait for the main thread to sweep. One that exits
          // does not, but waits for them: it never ends (nodejs/node#54918). Node 20 and 22 run neither.
          setFlagsFromString("--no-maglev")
          setFlagsFromString("--no-concurrent-sparkplug")
        }
        const module = { exports: {} }
        const names = ["module", "exports", "require", "bundleUrl"]
        const require = createRequire(import.meta.url)
        const text = isEmulator ? ${JSON.stringify(emulator.text)} : ${JSON.stringify(program.text)}
        const run = compileFunction(text, names, { filename: import.meta.url })
        run(module, module.exports, require, import.meta.url)
        export const main = module.exports.main
      `,
      loader: "js"
    }))
  }
}

const launcher = await build({
  ...common,
  entryPoints: ["src/bin.ts"],
  format: "esm",
  define: { CHECKPOINT_PERMISSIONS_BUNDLED: JSON.stringify(bundled) },
  plugins: [programAsText]
})

mkdirSync(join(here, "dist"), { recursive: true })

/**
 * Whole whenever it is there, since tests may be running it.
 *
 * @param {string} file
 * @param {string} text
 * @param {number} mode
 */
const put = (file, text, mode) => {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, text)
  chmodSync(temporary, mode)
  renameSync(temporary, file)
}

put(outfile, launcher.outputFiles[0]?.text ?? "", 0o755)

writeFileSync(join(here, "dist/LICENSES.txt"), licensesOf(here, [...program.inputs, ...emulator.inputs]))
