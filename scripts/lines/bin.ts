/**
 * `npm run figures:lines`: lines of code, comments and tests of every module, its source files, and the sums beside their
 * budgets. A line of code holds a token of it, a template's text included. Comments are lines that hold nothing else; of
 * guides, all lines count. Source files are those of published packages and of the action.
 */
import { budgets } from "./budgets.ts"
import { count, sumOf } from "./count.ts"

const lines = count()
const columns = ["src", "comments", "tests"] as const
const cells = (name: string, values: ReadonlyArray<number | string>) =>
  `${name.padEnd(10)}${values.map((value) => String(value).padStart(10)).join("")}`
const rows = Object.entries(lines.modules).map(([name, module]) =>
  cells(name, [
    ...columns.map((column) => module[column]),
    lines.sources.filter(({ module }) => module === name).length
  ])
)

const { comments, sources, support, tests } = sumOf(lines.modules)
process.stdout.write(`${cells("", [...columns, "files"])}
${rows.join("\n")}

sources of the products          ${sources} of ${budgets.sources}
their files                      ${lines.sources.length}
their comments                   ${comments}
tests and contract               ${tests} of ${budgets.tests}
bench, site, scripts, tools, others  ${support}
guides                           ${lines.guides} of ${budgets.guides}
`)
