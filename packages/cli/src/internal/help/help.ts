/** Help texts: of the program on one screen, of a command, and pages. */
import type { Style } from "../terminal/style.ts"
import * as Words from "./words.ts"

export interface Layout {
  readonly style: Style
  readonly columns: number
}

/**
 * Returns lines of whole words. Each character of a help text takes one column, so no table of character widths is
 * loaded.
 */
const wrap = (text: string, columns: number): ReadonlyArray<string> =>
  text.match(new RegExp(`\\S.{0,${columns - 1}}(?= |$)|\\S+`, "g")) ?? []

const section = ({ columns, style }: Layout, { entries, title }: Words.List): ReadonlyArray<string> => {
  const shown = entries.map((entry) => {
    const letter = Words.letterOf(Words.nameOf(entry))
    return { ...entry, term: letter === undefined ? entry.term : `${letter}, ${entry.term}` }
  })
  const terms = Math.max(0, ...shown.map(({ term }) => term.length))
  const indent = " ".repeat(terms + 4)
  return entries.length === 0
    ? []
    : [
        "",
        style.bold(`${title}:`),
        ...shown.map(
          ({ term, text }) =>
            `  ${style.cyan(term.padEnd(terms))}  ${wrap(text, Math.max(20, columns - indent.length)).join(`\n${indent}`)}`
        )
      ]
}

const sections = (layout: Layout, lists: ReadonlyArray<Words.List> = []) =>
  lists.flatMap((list) => section(layout, list))

const pageText = ({ columns }: Layout, summary: string, ...rest: ReadonlyArray<string>): string =>
  [...wrap(summary, columns), ...rest, ""].join("\n")

const summaryOf = ({ name, summary }: Words.CommandHelp): Words.Entry => ({ term: name, text: summary })

const [connectionOptions = []] = Object.values(Words.shared)

const sharedSection = (
  { columns, style }: Layout,
  described: Words.CommandHelp,
  options: ReadonlyArray<Words.Entry>
) => {
  const names = options.filter((entry) => Words.isShared(described, entry)).map(Words.nameOf)
  const others = names.filter((name) => !connectionOptions.includes(name))
  const terms = [...others, ...(others.length < names.length ? ["those of server and key"] : [])]
  return terms.length === 0
    ? []
    : [
        "",
        style.bold(`Also (${Words.program} help options):`),
        ...wrap(terms.join(", "), columns - 2).map((line) => `  ${line}`)
      ]
}

const commandHelp = (layout: Layout, described: Words.CommandHelp): string => {
  const { columns, style } = layout
  const { entries } = described
  const args = entries.filter((entry) => !Words.isOption(entry))
  const options = entries.filter(Words.isOption)
  const own = options.filter((entry) => !Words.isShared(described, entry))
  const words = [...args.map(({ term }) => term), ...(options.length > 0 ? ["[options]"] : [])]
  const usage = [Words.program, described.name, ...(described.usage === undefined ? words : [described.usage])]
  const examples = Object.entries(described.examples)
  return pageText(
    layout,
    described.summary,
    "",
    `${style.bold("Usage:")} ${usage.join(" ")}`,
    ...(described.details ?? []).flatMap((text) => ["", ...wrap(text, columns)]),
    ...sections(layout, described.lists),
    ...section(layout, { title: "Arguments", entries: args }),
    ...section(layout, { title: "Options", entries: own }),
    "",
    style.bold(examples.length === 1 ? "Example:" : "Examples:"),
    ...examples.flatMap(([line, summary]) => [`  ${style.dim(`# ${summary}`)}`, `  ${Words.program} ${line}`]),
    ...sharedSection(layout, described, options)
  )
}

const programHelp = (layout: Layout, commands: Words.Commands): string => {
  const grouped = new Set(Words.groups.flatMap(([names]) => names))
  return pageText(
    layout,
    Words.purpose,
    "",
    `${layout.style.bold("Usage:")} ${Words.program} <command> [options]`,
    ...section(layout, {
      title: "Commands",
      entries: commands.filter(({ name }) => !grouped.has(name)).map(summaryOf)
    }),
    ...section(layout, {
      title: "More",
      entries: [
        ...Words.groups.map(([names, text]) => ({ term: names.join(", "), text })),
        { term: "completion <shell>", text: `A completion script for ${Words.shells.join(", ")}.` },
        { term: "help <command or page>", text: `Pages: ${Object.keys(Words.pages).join(", ")}.` }
      ]
    }),
    ...section(layout, { title: "Options of every command", entries: Words.common })
  )
}

/** Returns the shared options. The description of each is that of the first command that leaves it to the page. */
const sharedLists = (commands: Words.Commands): ReadonlyArray<Words.List> => {
  const all = commands.flatMap((command) => command.entries.filter((entry) => Words.isShared(command, entry)))
  return Object.entries(Words.shared).map(([title, names]) => ({
    title,
    entries: names.flatMap((name) => all.find((entry) => Words.nameOf(entry) === name) ?? [])
  }))
}

/** Returns the help of a command, of several commands that begin with the word, of a page, or of the program. */
export const text = ({ columns, style }: Layout, commands: Words.Commands, word: string | undefined): string => {
  // longer lines are hard to read
  const layout = { style, columns: Math.min(columns, 100) }
  const helped = [...commands, ...Words.builtIns].find(({ name }) => name === word)
  if (helped !== undefined) return commandHelp(layout, helped)
  const page = Object.entries(Words.pages).find(([name]) => name === word)?.[1]
  if (page !== undefined) {
    const options = page === Words.pages["options"] ? sharedLists(commands) : []
    return pageText(layout, page.summary, ...sections(layout, [...options, ...page.lists]))
  }
  const some = commands.filter(({ name }) => name.startsWith(`${word} `))
  if (some.length === 0) return programHelp(layout, commands)
  const summary = Words.groups.find(([names]) => names.includes(some[0]?.name ?? ""))?.[1] ?? Words.purpose
  return pageText(layout, summary, ...section(layout, { title: "Commands", entries: some.map(summaryOf) }))
}
