/**
 * `npm run manifests`: writes what every published package says of itself in the same words: where it lives, from
 * `tools/address.mjs`, under which keywords it is found, the guides about it for coding agents, and the version of the
 * command line as a module. It also writes the owner and name of this repository into workflows and guides, and the addresses
 * of schemas. With `--check`
 * it writes nothing, and fails if something differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { addressOf, groups } from "../site/pages.ts"
import { ownerAndName, referenceOf, repository, site } from "../tools/address.mjs"
import { fail, root } from "./install.mjs"

const common = ["openai", "fine-tuning", "fine-tuned-models", "checkpoint-permissions", "typescript"]

/** Keywords of the packages. @type {Readonly<Record<string, ReadonlyArray<string>>>} */
const own = {
  access: ["effect", "access-control", "access-as-code", "audit", "policy", "least-privilege"],
  cli: ["cli", "access-control", "audit", "emulator", "mock-server"],
  client: ["effect", "openai-client", "admin-api", "rate-limit", "retry", "pagination"],
  core: ["effect", "schema", "typed-errors"],
  effect4: ["effect", "effect-4", "openai-client", "admin-api"],
  fake: ["fake", "mock", "testing", "fetch", "mock-server", "fault-injection"],
  protocol: ["sans-io", "state-machine", "rate-limit", "pagination"],
  testing: ["effect", "testing", "mock", "fake", "emulator", "fault-injection"]
}

/** Files that npm does not pack by itself. */
const documents = ["AGENTS.md", "CHANGELOG.md"]

/** Nothing of it can be imported. @param {Record<string, unknown>} manifest */
const isProgram = ({ publishConfig }) => !Object.hasOwn(Object(Object(publishConfig).exports), ".")

/**
 * A manifest with its address and keywords, in the order that these have in all.
 * @param {string} name the folder
 * @param {Record<string, unknown>} manifest
 */
export const filled = (name, { description, files, license, name: full, version, ...rest }) => {
  const { bugs: _bugs, homepage: _homepage, keywords: _keywords, repository: _repository, ...others } = rest
  return {
    name: full,
    version,
    description,
    keywords: [...common, ...(own[name] ?? [])],
    homepage: isProgram(rest) ? new URL("command-line.html", site).href : referenceOf(name),
    bugs: { url: `${repository}/issues` },
    repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${name}` },
    license,
    ...others,
    scripts: { ...Object(others.scripts), prepublishOnly: "node ../../scripts/prepublish.mjs" },
    files: [...documents, ...(Array.isArray(files) ? files.filter((file) => !documents.includes(file)) : [])]
  }
}

/** The contents of a package, as its README and its sources have them. @param {string} name @param {boolean} isProgram */
const contentsOf = (name, isProgram) => {
  if (isProgram) return "`README.md` beside this file lists its commands."
  const readme = readFileSync(join(root, "packages", name, "README.md"), "utf8")
  const parts = [
    ...(/^npm install/m.test(readme) ? ["the install line"] : []),
    ...(/^```ts (effect4 )?run$/m.test(readme)
      ? ["a complete program"]
      : /^```[jt]s/m.test(readme)
        ? ["an example"]
        : [])
  ]
  // `protocol` is tested without examples.
  const comments = name === "protocol" ? "The doc comments are" : "The doc comments, with examples, are"
  return `\`README.md\` beside this file has ${parts.join(" and ")}. ${comments} in \`src\`.`
}

/**
 * For coding agents: which guides are about a package, as Markdown on the site.
 * @param {string} name the folder
 * @param {Record<string, unknown> & { readonly description: string, readonly name: string }} manifest
 */
export const agents = (name, { description, name: full, ...rest }) => {
  const guides = groups
    .flatMap(({ pages }) => pages)
    .filter(({ packages }) => packages.includes(name))
    .map(({ file, summary, title }) => `- [${title}](${new URL(addressOf(file), site).href}): ${summary}`)
  return `# ${full}

${description}. ${contentsOf(name, isProgram(rest))}

${[...(isProgram(rest) ? [] : [`- [API reference](${referenceOf(name).replace(/html$/, "md")})`]), ...guides].join("\n")}
`
}

/**
 * The module with the version of the command line.
 * @param {{ readonly version: string }} manifest
 */
const versionOf = ({ version }) =>
  `/** The version of this package, written by \`npm run manifests\`. */\nexport const version = "${version}"\n`

/** Files in which a workflow uses this repository: its own reusable workflows, and the guides. */
const workflows = [".github/workflows", "docs"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => /\.(yml|md)$/.test(file))
    .map((file) => join(folder, file))
)

/** A text whose `uses` of this repository and links to schemas have its addresses. @param {string} text */
export const usesOf = (text) =>
  text
    .replaceAll(
      /(\buses: )[\w.-]+\/[\w.-]+(?=(?:\/\.github\/workflows\/access-\w+\.yml)?@(?:v\d|main))/g,
      `$1${ownerAndName}`
    )
    .replaceAll(/\]\(https:\/\/[^)\s]*\/(schemas\/\w+\.schema\.json)\)/g, (_, path) => `](${new URL(path, site)})`)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCheck = process.argv.includes("--check")
  const others = workflows.filter((file) => {
    const text = readFileSync(join(root, file), "utf8")
    const wanted = usesOf(text)
    if (!isCheck && wanted !== text) writeFileSync(join(root, file), wanted)
    return wanted !== text
  })
  const owners = `* @${ownerAndName.split("/")[0]}\n`
  if (readFileSync(join(root, ".github/CODEOWNERS"), "utf8") !== owners) {
    others.push(".github/CODEOWNERS")
    if (!isCheck) writeFileSync(join(root, ".github/CODEOWNERS"), owners)
  }
  const stale = readdirSync(join(root, "packages")).filter((name) => {
    const file = join(root, "packages", name, "package.json")
    const text = readFileSync(file, "utf8")
    const manifest = JSON.parse(text)
    if (manifest.private === true) return false
    const guide = join(root, "packages", name, "AGENTS.md")
    const wanted = `${JSON.stringify(filled(name, manifest), undefined, 2)}\n`
    const told = agents(name, manifest)
    const made = [
      [file, wanted],
      [guide, told],
      ...(name === "cli" ? [[join(root, "packages/cli/src/internal/command/version.ts"), versionOf(manifest)]] : [])
    ]
    const changed = made.filter(([path, content]) => !existsSync(path) || readFileSync(path, "utf8") !== content)
    if (!isCheck) for (const [path, content] of changed) writeFileSync(path, content)
    return changed.length > 0
  })
  if (isCheck && stale.length + others.length > 0) {
    fail(
      `${[...stale, ...others].join(", ")}: package.json, AGENTS.md, version.ts or uses is stale: run npm run manifests`
    )
  }
}
