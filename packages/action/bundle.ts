/** Makes what a release holds of the action: the program in one file, and the command line beside it. */
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const here = fileURLToPath(new URL(".", import.meta.url))
const dist = join(here, "dist")

/** The command line has been bundled before. */
export const bundle = async (): Promise<void> => {
  await build({
    absWorkingDir: here,
    entryPoints: ["src/main.ts"],
    outfile: join(dist, "main.js"),
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    // what the toolkit is made of asks for the modules of Node by require
    banner: { js: 'import { createRequire as __r } from "node:module"; const require = __r(import.meta.url);' },
    legalComments: "none",
    logLevel: "error"
  })
  mkdirSync(dist, { recursive: true })
  copyFileSync(join(here, "../cli/dist/checkpoint-permissions.js"), join(dist, "checkpoint-permissions.js"))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
