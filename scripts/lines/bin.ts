/**
 * `npm run figures:lines`: lines of code, comments and tests of every module, and its source files, beside their budgets. A
 * line of code holds a token of it, a template's text included. Comments are lines that hold nothing else; of guides, all
 * lines count. Source files are those of published packages, of the page and of the action.
 */
import { budgets } from "./budgets.ts"
import { count } from "./count.ts"

const { guides, modules, sources } = count()
const columns = ["src", "comments", "tests"] as const
const cells = (name: string, values: ReadonlyArray<string>) =>
  `${name.padEnd(10)}${values.map((value) => value.padStart(16)).join("")}`
const filesOf = (name: string): string => {
  const budget = budgets.files[name]
  return budget === undefined ? "-" : `${sources.filter(({ module }) => module === name).length} of ${budget}`
}
const rows = Object.entries(modules).map(([name, lines]) =>
  cells(name, [
    ...columns.map((column) => `${lines[column]} of ${budgets.modules[name]?.[column] ?? 0}`),
    filesOf(name)
  ])
)

const support = ["bench", "site", "scripts", "tools", "examples"]
const sum = (isIn: (name: string) => boolean, summed: ReadonlyArray<(typeof columns)[number]>) =>
  Object.entries(modules)
    .filter(([name]) => isIn(name))
    .reduce((total, [, lines]) => total + summed.reduce((all, column) => all + lines[column], 0), 0)
const isProduct = (name: string) => !support.includes(name) && name !== "set-up"

process.stdout.write(`${cells("", [...columns, "files"])}
${rows.join("\n")}

sources of the products          ${sum(isProduct, ["src"])}
their files                      ${sources.length}
their comments                   ${sum(isProduct, ["comments"])}
tests and contract               ${sum(isProduct, ["tests"])}
bench, site, scripts, tools, others  ${sum((name) => support.includes(name), ["src", "tests"])}
guides                           ${guides} of ${budgets.guides}
`)
