/**
 * `npm run manifests`: writes what every published package says of itself in the same words: where it lives, from
 * `scripts/address.mjs`, and under which keywords it is found. With `--check` it writes nothing, and fails if
 * something differs.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { referenceOf, repository } from "./address.mjs"
import { fail, root } from "./install.mjs"

const common = ["openai", "fine-tuning", "fine-tuned-models", "checkpoint-permissions", "typescript"]

/** What people search for who look for one of these. @type {Readonly<Record<string, ReadonlyArray<string>>>} */
const own = {
  access: ["effect", "access-control", "access-as-code", "audit", "policy", "least-privilege"],
  cli: ["cli", "access-control", "audit", "emulator", "mock-server"],
  client: ["effect", "openai-client", "admin-api", "rate-limit", "retry", "pagination"],
  cluster: ["effect", "effect-cluster", "durable-execution", "access-control"],
  core: ["effect", "schema", "typed-errors"],
  effect4: ["effect", "effect-4", "openai-client", "admin-api"],
  fake: ["fake", "mock", "testing", "fetch", "mock-server", "fault-injection"],
  protocol: ["sans-io", "state-machine", "rate-limit", "pagination"],
  testing: ["effect", "testing", "mock", "fake", "emulator", "fault-injection"]
}

/**
 * A manifest with its address and keywords, in the order that these have in all.
 *
 * @param {string} name the folder
 * @param {Record<string, unknown>} manifest
 */
export const filled = (name, { description, license, name: full, version, ...rest }) => {
  const { bugs: _bugs, homepage: _homepage, keywords: _keywords, repository: _repository, ...others } = rest
  return {
    name: full,
    version,
    description,
    keywords: [...common, ...(own[name] ?? [])],
    homepage: referenceOf(name),
    bugs: { url: `${repository}/issues` },
    repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${name}` },
    license,
    ...others
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = readdirSync(join(root, "packages")).filter((name) => {
    const file = join(root, "packages", name, "package.json")
    const text = readFileSync(file, "utf8")
    const manifest = JSON.parse(text)
    if (manifest.private === true) return false
    const wanted = `${JSON.stringify(filled(name, manifest), undefined, 2)}\n`
    if (wanted === text) return false
    if (!process.argv.includes("--check")) writeFileSync(file, wanted)
    return true
  })
  if (process.argv.includes("--check") && stale.length > 0) {
    fail(`package.json of ${stale.join(", ")}: address or keywords are stale: run npm run manifests`)
  }
}
