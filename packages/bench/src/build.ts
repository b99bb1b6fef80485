/** Bundles: of the processes that are measured, and of the applications whose size is. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import * as esbuild from "esbuild"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where everything is built to: in the package, so that what is not bundled is found. */
export const output = here("../build/bench")

/** Programs are written for Effect 3, and are built for Effect 4 with its packages in place of these. */
const aliases = (effect: string) => ({
  "@checkpoint-permissions/access": "@checkpoint-permissions/effect4",
  "@checkpoint-permissions/client": "@checkpoint-permissions/effect4",
  "@effect/platform": `${effect}/http`
})

/** What is outside of the programs for Effect 4 is in a folder where it is the only one. */
export const effect4 = { ...aliases("effect"), "effect-4": "effect" }

/**
 * Programs, with this repository's own TypeScript in them as it is published (types off, nothing else) and everything
 * else outside. `source` is where they are, in this checkout or another one.
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
  /** The source files that something is left of. */
  readonly inputs: ReadonlyArray<string>
}

/** An application of `apps/` as a browser, a worker or a function would get it: one file, minified. */
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

/** The application that lists with `fetch`, of each. */
export const applications = async () => ({
  openai: await bundle("listOpenai", "openai"),
  ours3: await bundle("list", "ours3"),
  ours4: await bundle("list", "ours4", { ...aliases("effect-4"), effect: "effect-4" })
})
