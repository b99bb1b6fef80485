/**
 * A command line, put in order before it is parsed: options first, each in two
 * words, the same ones side by side, then `--` and the arguments. The parser
 * needs it so: it does not find a repeated option again behind another one,
 * drops a repeated option without a word when its value is empty, reads "yes"
 * behind a switch as its value, and suggests no option.
 *
 * Nothing of Effect here, so that help and mistakes come before it is loaded.
 */
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { type Entry, isOption, isRepeated, nameOf, takesValue } from "./entry.ts"
import type { Program } from "./words.ts"

export const shells = ["bash", "fish", "sh", "zsh"] as const
export const logLevels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"] as const
export const builtIn = ["help", "version"] as const

/** What a command line asks for. */
export type CommandLine =
  | { readonly _tag: "Help"; readonly command: string | undefined }
  | { readonly _tag: "Version" }
  | { readonly _tag: "Completions"; readonly shell: (typeof shells)[number] }
  | { readonly _tag: "Mistake"; readonly message: string; readonly command: string | undefined }
  | {
      readonly _tag: "Run"
      readonly command: string
      /** What the parser is given. */
      readonly args: ReadonlyArray<string>
      readonly logLevel: (typeof logLevels)[number] | undefined
    }

const terms = (...all: ReadonlyArray<string>): ReadonlyArray<Entry> => all.map((term) => ({ term, text: "" }))

/** Options that every command has. */
const common = terms("--help", "-h", "--version", "-V", "--log-level <level>")

/** Options of the program itself. */
const ofProgram = terms("--completions <shell>")

/** What options were called, or are called elsewhere. */
const renamed: Readonly<Record<string, string>> = {
  "--organization": "--openai-organization",
  "--project": "--openai-project",
  "--project-id": "--project"
}

const noKeyHere =
  "a key is no argument, since every process of the machine could read it: set OPENAI_ADMIN_KEY, or pass --admin-key-file <file>"

const isKeyOption = (name: string): boolean => /^--?(admin-|api-)?key$/i.test(name)

/** Somebody may have tried to pass a key. */
const quoted = (word: string): string => JSON.stringify(word.replace(/sk-.*/, "sk-…"))

const unknown = (what: string, all: ReadonlyArray<string>, meant: string | undefined): string =>
  `there is no ${what}: ${meant === undefined ? `use one of ${all.join(", ")}` : `did you mean ${meant}?`}`

const unknownOption = (name: string, entries: ReadonlyArray<Entry>): string => {
  if (isKeyOption(name)) return noKeyHere
  const names = entries.map(nameOf)
  const meant = names.find((one) => one === renamed[name]) ?? nearest(name, names)
  return meant === undefined ? `there is no option ${name}` : unknown(`option ${name}`, names, meant)
}

const isOptionWord = (word: string): boolean => word.startsWith("-") && word.length > 1

/** `--name=value` as two words. */
const split = (word: string): readonly [name: string, value: string | undefined] => {
  const at = word.startsWith("--") ? word.indexOf("=") : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

/** Where the command stands: the first word that is neither an option nor the value of one that may come before it. */
const commandAt = (words: ReadonlyArray<string>): number =>
  words.findIndex((word, i) => !isOptionWord(word) && !["--log-level", "--completions"].includes(words[i - 1] ?? ""))

interface Split {
  readonly values: ReadonlyMap<string, ReadonlyArray<string>>
  readonly positionals: ReadonlyArray<string>
}

/** Options with their values, or what is wrong with them. */
const splitUp = (words: ReadonlyArray<string>, entries: ReadonlyArray<Entry>): Split | string => {
  const values = new Map<string, Array<string>>()
  const positionals: Array<string> = []
  const rest = [...words]
  while (rest.length > 0) {
    const word = rest.shift() ?? ""
    if (word === "--") {
      positionals.push(...rest.splice(0))
      continue
    }
    if (!isOptionWord(word)) {
      positionals.push(word)
      continue
    }
    const [option, inline] = split(word)
    const entry = entries.find((one) => nameOf(one) === option)
    if (entry === undefined) return unknownOption(option, entries)
    const before = values.get(option)
    if (before !== undefined && takesValue(entry) && !isRepeated(entry)) return `${option} is given twice`
    if (!takesValue(entry)) {
      if (inline !== undefined) return `${option} takes no value`
      values.set(option, [])
      continue
    }
    const next = rest[0]
    const isNextOption = next !== undefined && entries.some((one) => nameOf(one) === split(next)[0])
    const value = inline ?? (isNextOption ? undefined : rest.shift())
    if (value === undefined) return `${option} needs a value`
    if (value === "") return `the value of ${option} is empty: give it one, or leave ${option} out`
    // The parser trims it, and would take another one for it.
    if (isRepeated(entry) && value !== value.trim())
      return `the value of ${option} has white space at an end: take it out`
    values.set(option, [...(before ?? []), value])
  }
  return { values, positionals }
}

/** Reads a command line as far as its words go; their values are the parser's affair. */
export const read = (words: ReadonlyArray<string>, commands: Program["commands"]): CommandLine => {
  const names: ReadonlyArray<string> = [...commands.map(({ name }) => name), ...builtIn]
  const at = commandAt(words)
  const name = words[at]
  const known = commands.find((one) => one.name === name)
  const mistake = (message: string): CommandLine => ({ _tag: "Mistake", message, command: known?.name })
  const unknownCommand = (word: string) => mistake(unknown(`command ${quoted(word)}`, names, nearest(word, names)))
  if (name !== undefined && !names.includes(name)) return unknownCommand(name)

  const entries = [...(known === undefined ? ofProgram : known.entries().filter(isOption)), ...common]
  const parts = splitUp(
    words.filter((_, i) => i !== at),
    entries
  )
  if (typeof parts === "string") return mistake(parts)
  const { positionals, values } = parts
  const chosen = <Value extends string>(option: string, what: string, all: ReadonlyArray<Value>) => {
    const word = values.get(option)?.[0]
    const value = all.find((one) => one === word?.toLowerCase())
    return {
      value,
      wrong: word !== undefined && value === undefined ? unknown(`${what} ${quoted(word)}`, all, undefined) : undefined
    }
  }
  const level = chosen("--log-level", "log level", logLevels)
  const shell = chosen("--completions", "shell", shells)
  const wrong = level.wrong ?? shell.wrong
  if (wrong !== undefined) return mistake(wrong)

  if (name === "help") {
    const [topic] = positionals
    if (topic !== undefined && !names.includes(topic)) return unknownCommand(topic)
    return { _tag: "Help", command: topic }
  }
  if (values.has("--help") || values.has("-h")) return { _tag: "Help", command: known?.name }
  if (name === "version" || values.has("--version") || values.has("-V")) return { _tag: "Version" }
  if (shell.value !== undefined) return { _tag: "Completions", shell: shell.value }
  if (known === undefined) return { _tag: "Help", command: undefined }
  return {
    _tag: "Run",
    command: known.name,
    logLevel: level.value,
    args: [
      known.name,
      ...[...values]
        .filter(([option]) => option !== "--log-level")
        .flatMap(([option, given]) => (given.length === 0 ? [option] : given.flatMap((value) => [option, value]))),
      ...(positionals.length === 0 ? [] : ["--"]),
      ...positionals
    ]
  }
}
