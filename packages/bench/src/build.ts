/** Bundles: of the processes that are measured, and of the applications whose size is. */
import { mkdir, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where everything is built to: in the package, so that what is not bundled is found. */
export const output = here("../build/bench")

/**
 * Programs, with this repository's own TypeScript in them as it is published
 * (types off, nothing else) and everything else outside.
 */
export const bundleForNode = async (programs: ReadonlyArray<string>): Promise<void> => {
  await build({
    entryPoints: programs.map((name) => here(`${name}.ts`)),
    entryNames: "[name]",
    outdir: output,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    external: ["effect", "@effect/*", "openai", "undici"],
    logLevel: "error"
  })
}

/**
 * A program for Effect 4, in one file with this repository's own TypeScript in it: what it needs is installed beside
 * it, in a folder outside this workspace.
 */
export const bundleForEffect4 = async (program: string, folder: string): Promise<void> => {
  await build({
    entryPoints: [here(`${program}.ts`)],
    entryNames: "[name]",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    alias: { "effect-4": "effect" },
    external: ["effect", "@effect/*", "openai"],
    logLevel: "error"
  })
}

/** What is measured. */
export const processes = (): Promise<void> => bundleForNode(["process/server", "process/worker", "process/start"])

export interface Bundle {
  /** The minified bundle. */
  readonly file: string
  readonly bytes: number
  readonly gzip: number
  /** Minified bytes by source file, largest first. */
  readonly inputs: ReadonlyArray<{ readonly path: string; readonly bytes: number }>
}

/** An application of `apps/` as a browser, a worker or a function would get it: one file, minified. */
export const bundle = async (app: string): Promise<Bundle> => {
  const file = `${output}/apps/${app}.mjs`
  const { metafile, outputFiles } = await build({
    entryPoints: [here(`apps/${app}.ts`)],
    outfile: file,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    target: "es2022",
    external: ["node:*"],
    metafile: true,
    write: false,
    logLevel: "error"
  })
  const [built] = outputFiles
  if (built === undefined) throw new Error(`${app} was not built`)
  await mkdir(`${output}/apps`, { recursive: true })
  await writeFile(file, built.contents)
  const inputs = Object.values(metafile.outputs)
    .flatMap((chunk) => Object.entries(chunk.inputs))
    .map(([path, { bytesInOutput }]) => ({ path: path.replace(/^.*node_modules\//, ""), bytes: bytesInOutput }))
    .sort((a, b) => b.bytes - a.bytes)
  return { file, bytes: built.contents.length, gzip: gzipSync(built.contents, { level: 9 }).length, inputs }
}
