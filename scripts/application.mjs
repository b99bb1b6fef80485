/** Makes an application that installs the packed packages: its manifest, its overrides, and its links. */
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, posix, relative } from "node:path"
import { isPlaceholder, sourceOf } from "../tools/address.mjs"

const scope = "@checkpoint-permissions"

/** The name of a package without its scope. @param {string} tarball */
export const nameOf = (tarball) => /checkpoint-permissions-([a-z0-9]+)-[^/\\]*\.tgz$/.exec(tarball)?.[1] ?? ""

/**
 * A manifest whose packages of ours are the tarballs in the folder `tarballs` beside it, also where another package asks for
 * them: `overrides` is for npm and Bun. Its paths are relative, so that the folder can be moved. It has the command line too.
 * @param {{ readonly dependencies?: object, readonly devDependencies?: object, readonly overrides?: object }} example
 * @param {string} name
 * @param {ReadonlyArray<string>} tarballs
 */
export const manifestOf = (example, name, tarballs) => {
  const overrides = Object.fromEntries(
    tarballs.map((tarball) => [`${scope}/${nameOf(tarball)}`, `file:./tarballs/${basename(tarball)}`])
  )
  /** @param {object} named */
  const fromFiles = (named) =>
    Object.fromEntries(Object.entries(named).map(([one, version]) => [one, overrides[one] ?? version]))
  const dependencies = fromFiles(example.dependencies ?? {})
  const cli = `${scope}/cli`
  const devDependencies = fromFiles({ ...(cli in dependencies ? {} : { [cli]: "" }), ...example.devDependencies })
  const valid = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "")
  return {
    ...example,
    name: valid === "" ? "application" : valid,
    dependencies,
    devDependencies,
    overrides: { ...Object(example.overrides), ...overrides }
  }
}

/**
 * Writes the manifest, the tarballs and the overrides for pnpm to a folder, which npm, pnpm or Bun then installs. Former
 * tarballs of ours are removed.
 * @param {string} folder @param {{ readonly dependencies?: object, readonly devDependencies?: object }} manifest
 * @param {ReadonlyArray<string>} tarballs @param {string | undefined} [name] its name, if it has one
 */
export const writeApplication = (folder, manifest, tarballs, name) => {
  const kept = join(folder, "tarballs")
  mkdirSync(kept, { recursive: true })
  for (const file of readdirSync(kept)) if (nameOf(file) !== "") rmSync(join(kept, file))
  // The digest is in the name: a package manager keeps what it installed from a file of the same name.
  const copies = tarballs.map((tarball) => {
    const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex").slice(0, 8)
    const copy = join(kept, basename(tarball).replace(/\.tgz$/, `-${digest}.tgz`))
    cpSync(tarball, copy)
    return copy
  })
  const made = { ...manifestOf(manifest, basename(folder), copies), ...(name === undefined ? {} : { name }) }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(made, undefined, 2)}\n`)
  // JSON is YAML. Programs that are installed run no script.
  const workspace = { packages: ["."], overrides: made.overrides, strictDepBuilds: false }
  const file = join(folder, "pnpm-workspace.yaml")
  if (!existsSync(file) || readFileSync(file, "utf8").startsWith("{")) {
    writeFileSync(file, `${JSON.stringify(workspace, undefined, 2)}\n`)
  } else process.stdout.write(`${file} is yours: for pnpm, add the overrides of package.json to it\n`)
}

/**
 * A page of a folder of this repository, such as `examples/official-sdk`, with the addresses of what is outside of the
 * folder: a copy has only the folder. Without an address, the words of the link remain.
 * @param {string} text @param {string} folder
 */
export const withAddresses = (text, folder, hasAddress = !isPlaceholder) =>
  text.replace(/\[([^\]]*)\]\((\.\.\/[^)\s]*)\)/g, (_, words, link) =>
    hasAddress ? `[${words}](${sourceOf(posix.join(folder, link))})` : words
  )

/** The files below a folder, without those that are installed, made or tests. @param {string} folder @returns {ReadonlyArray<string>} */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return /\.schema\.json$|\.tsbuildinfo$/.test(entry.name) ? [] : [path]
    return /^(node_modules|dist|build|test)$/.test(entry.name) ? [] : filesBelow(path)
  })

/** A digest of files, and of the files below folders, by their paths below `from`. @param {string} from @param {ReadonlyArray<string>} paths */
export const fingerprintOf = (from, ...paths) => {
  const hash = createHash("sha256")
  for (const path of paths) {
    for (const file of existsSync(join(path, "package.json")) ? filesBelow(path) : [path]) {
      hash.update(relative(from, file)).update("\0").update(readFileSync(file)).update("\0")
    }
  }
  return hash.digest("hex")
}

/**
 * The tarballs in `folder`. `make` makes them there if what they are of has another fingerprint than at the last time.
 * @param {string} folder @param {string} fingerprint @param {(folder: string) => unknown} make
 */
export const tarballsOf = (folder, fingerprint, make) => {
  const stamp = join(folder, "fingerprint")
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    make(folder)
    writeFileSync(stamp, fingerprint)
  }
  return readdirSync(folder).flatMap((file) => (file.endsWith(".tgz") ? [join(folder, file)] : []))
}
