import { Readable } from "node:stream"
import type { Layer } from "effect"
import * as Screen from "../../src/internal/terminal/screen.ts"
import type { Writable } from "../../src/internal/terminal/style.ts"

/** Streams that are no terminal: `said` gets what goes to standard error, `onPrinted` what goes to standard output. */
export const silentScreen = (
  said: Array<string>,
  onPrinted: (text: string) => void = () => {}
): Layer.Layer<Screen.Screen> => {
  const stream = (write: (text: string) => void): Writable => ({
    on: () => {},
    write: (text, callback) => {
      write(text)
      callback()
      return true
    }
  })
  return Screen.layer({
    stdin: Readable.from([]),
    stdout: stream(onPrinted),
    stderr: stream((text) => said.push(text)),
    onExpectSignal: () => {}
  })
}
