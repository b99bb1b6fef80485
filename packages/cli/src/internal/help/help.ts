/** The help of a command, laid out to be read: what it does, how it is called, each option on its line. */
import type { Style } from "../terminal/style.ts"
import { type Entry, isOption, nameOf } from "./entry.ts"
import { type Commands, type Helped, program, type Words, ofProgram as words } from "./words.ts"

export interface Layout {
  readonly style: Style
  readonly columns: number
}

/**
 * Lines of whole words. Help is ours and takes a column for each character: loading the widths of all others would take
 * longer than the help itself.
 */
const wrap = (text: string, columns: number): ReadonlyArray<string> =>
  text.match(new RegExp(`\\S.{0,${columns - 1}}(?= |$)|\\S+`, "g")) ?? []

const helpOption: Entry = { term: "-h, --help", text: "Show this." }

const common: ReadonlyArray<Entry> = [
  { term: "--log-level <level>", text: "Log to standard error from this level on, such as debug." },
  helpOption
]

const ofServer = new Set([
  "--api-url",
  "--admin-key-file",
  "--auth-header",
  "--openai-organization",
  "--openai-project",
  "--allow-insecure-http",
  "--fake",
  "--seed-file"
])

const section = ({ columns, style }: Layout, title: string, entries: ReadonlyArray<Entry>): ReadonlyArray<string> => {
  const terms = Math.max(0, ...entries.map(({ term }) => term.length))
  const indent = " ".repeat(terms + 4)
  return entries.length === 0
    ? []
    : [
        "",
        style.bold(`${title}:`),
        ...entries.map(
          ({ term, text }) =>
            `  ${style.cyan(term.padEnd(terms))}  ${wrap(text, Math.max(20, columns - indent.length)).join(`\n${indent}`)}`
        )
      ]
}

const head = ({ columns, style }: Layout, words: Words, usage: string): ReadonlyArray<string> => [
  ...wrap(words.summary, columns),
  "",
  `${style.bold("Usage:")} ${usage}`,
  ...(words.lists ?? []).flatMap(({ entries, title }) => section({ columns, style }, title, entries)),
  ...(words.details ?? []).flatMap((text) => ["", ...wrap(text, columns)])
]

const examples = ({ style }: Layout, words: Words): ReadonlyArray<string> => [
  "",
  style.bold(words.examples.length === 1 ? "Example:" : "Examples:"),
  ...words.examples.flatMap(({ does, line }) => [`  ${style.dim(`# ${does}`)}`, `  ${line}`])
]

/** The help of one command. */
const ofCommand = (layout: Layout, described: Helped): string => {
  const entries = described.entries()
  const args = entries.filter((entry) => !isOption(entry))
  const options = entries.filter(isOption)
  const callsServer = options.some((entry) => nameOf(entry) === "--api-url")
  const isOfServer = (entry: Entry) => callsServer && ofServer.has(nameOf(entry))
  const words = [...args.map(({ term }) => term), ...(options.length > 0 ? ["[options]"] : [])]
  const usage = [program, described.name, ...(described.usage === undefined ? words : [described.usage])]
  return [
    ...head(layout, described, usage.join(" ")),
    ...section(layout, "Arguments", args),
    ...section(layout, "Options", [...options.filter((entry) => !isOfServer(entry)), ...common]),
    ...section(layout, "Server and key", options.filter(isOfServer)),
    ...examples(layout, described),
    ""
  ].join("\n")
}

/** The help of the program. */
const ofProgram = (layout: Layout, commands: Commands): string =>
  [
    ...head(layout, words, `${program} <command> [options]`),
    ...section(layout, "Commands", [
      ...commands.map(({ name, summary }) => ({ term: name, text: summary })),
      { term: "help", text: "Show this, or the help of the command that follows." },
      { term: "version", text: "Show the version." }
    ]),
    ...section(layout, "Options", [
      { term: "-V, --version", text: "Show the version." },
      {
        term: "--completions <shell>",
        text: "Print a script that completes commands, options and files, for bash, zsh or fish."
      },
      { term: "-h, --help", text: "Show this; after a command, its own help." }
    ]),
    ...examples(layout, words),
    ""
  ].join("\n")

/** The help of a command, or of the program. Lines of more than 100 columns are hard to read. */
export const text = ({ columns, style }: Layout, commands: Commands, command: string | undefined): string => {
  const layout = { style, columns: Math.min(columns, 100) }
  const helped = commands.find(({ name }) => name === command)
  return helped === undefined ? ofProgram(layout, commands) : ofCommand(layout, helped)
}
