/** Makes what a release holds of the action: the program in one file, and the command line beside it. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { licensesOf } from "../../tools/licenses.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const dist = join(here, "dist")

/** The command line has been bundled before. */
export const bundle = async (): Promise<void> => {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: ["src/main.ts"],
    outfile: join(dist, "main.js"),
    bundle: true,
    metafile: true,
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
  const ofCommandLine = readFileSync(join(here, "../cli/dist/LICENSES.txt"), "utf8")
  const licenses = licensesOf(here, Object.keys(metafile.inputs))
  writeFileSync(join(dist, "LICENSES.txt"), `main.js. ${licenses}\ncheckpoint-permissions.js. ${ofCommandLine}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
