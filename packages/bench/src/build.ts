/** Makes the bundles of measured processes, and of applications whose size is measured. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import * as esbuild from "esbuild"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The output folder. It is in the package, so that external modules are found. */
export const output = here("../build/bench")

/** Returns aliases that build a program for Effect 3 with the packages of Effect 4. */
const aliases = (effect: string) => ({
  "@checkpoint-permissions/access": "@checkpoint-permissions/effect4",
  "@checkpoint-permissions/client": "@checkpoint-permissions/effect4",
  "@effect/platform": `${effect}/http`
})

/** External modules of programs for Effect 4. Their folder has only that version of Effect. */
export const effect4 = { ...aliases("effect"), "effect-4": "effect" }

/**
 * Builds programs. They contain this repository's TypeScript without types, and import everything else. `source` is
 * their folder, in this checkout or another one.
 */
export const build = async (
  programs: ReadonlyArray<string>,
  outdir: string,
  alias: Readonly<Record<string, string>> = {},
  source = here(".")
): Promise<void> => {
  await esbuild.build({
    absWorkingDir: source,
    entryPoints: programs.map((name) => `${name}.ts`),
    entryNames: "[name]",
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    alias,
    external: ["effect", "@effect/*", "openai"],
    logLevel: "error"
  })
}

export interface Bundle {
  readonly file: string
  readonly gzip: number
  /** The source files with code in the bundle. */
  readonly inputs: ReadonlyArray<string>
}

/** Bundles an application of `apps/` for a browser, a worker or a function: one minified file. */
const bundle = async (app: string, name: string, alias: Readonly<Record<string, string>> = {}): Promise<Bundle> => {
  const file = `${output}/apps/${name}.mjs`
  const { metafile } = await esbuild.build({
    absWorkingDir: here("."),
    entryPoints: [`apps/${app}.ts`],
    outfile: file,
    alias,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    target: "es2022",
    external: ["node:*"],
    metafile: true,
    logLevel: "error"
  })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return {
    file,
    gzip: gzipSync(readFileSync(file), { level: 9 }).length,
    inputs: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  }
}

/** Bundles the application that lists with `fetch` for each contender. */
export const applications = async () => {
  const on4 = { ...aliases("effect-4"), effect: "effect-4" }
  return {
    openai: await bundle("listOpenai", "openai"),
    ours3: await bundle("list", "ours3"),
    ours4: await bundle("list", "ours4", on4),
    http3: await bundle("listBare", "http3"),
    http4: await bundle("listBare4", "http4", on4)
  }
}
