/** Resolves in a turn of the event loop of its own, after every promise that can be settled without I/O. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })

/** Node and Bun have it; `turn` does the same elsewhere. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined

/**
 * Calls back in a turn of the event loop of its own, when every promise that could be settled without waiting for the
 * outside world has been. It is the only way to know that from inside a program; no time is waited for.
 */
export const nextTurn: (callback: () => void) => void =
  typeof setImmediate === "function"
    ? (callback) => void setImmediate(callback)
    : (callback) => void turn().then(callback)
