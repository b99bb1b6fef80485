/**
 * A preload (`node --import`): the command line as one file starts with the compiled code that is beside this module, which
 * takes a third less. With WRITES_CODE_CACHE a process leaves what it has compiled there. Only for tests: a program that
 * differs in one letter is compiled as always.
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import vm from "node:vm"

const { compileFunction } = vm

/** The compiled code of a program, if there is any. @param {URL} file */
const kept = (file) => {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** @type {typeof vm.compileFunction} */
vm.compileFunction = (text, names = [], options = {}) => {
  if (text.length < 500_000) return compileFunction(text, names, options)
  const file = new URL(`${createHash("sha1").update(text).digest("hex")}.code`, import.meta.url)
  const cachedData = kept(file)
  const writes = process.env["WRITES_CODE_CACHE"] !== undefined
  if (cachedData === undefined && !writes) return compileFunction(text, names, options)
  const script = new vm.Script(`(function (${names.join(", ")}) {${text}\n})`, {
    filename: options.filename,
    cachedData
  })
  // Functions that have been called are compiled by then.
  if (writes) process.once("exit", () => writeFileSync(file, script.createCachedData()))
  return script.runInThisContext()
}

syncBuiltinESMExports()
