/** A table of processes, and what each of them finds below `/proc`. */
export class ProcessTable {
  readonly #starts = new Map<string, string>()

  start(namespace: string, pid: number, at: number): void {
    this.#starts.set(`${namespace} ${pid}`, String(at))
  }

  end(namespace: string, pid: number): void {
    this.#starts.delete(`${namespace} ${pid}`)
  }

  /** As process `pid` of the namespace sees it; nothing at all without a namespace. */
  proc(namespace: string | undefined, pid: number): (path: string) => string | undefined {
    const stat = (of: number) => {
      const start = this.#starts.get(`${namespace} ${of}`)
      return start === undefined ? undefined : `${of} (node (x) y) S ${"0 ".repeat(18)}${start} 0 0`
    }
    return (path) => {
      if (namespace === undefined) return undefined
      const number = /^\/proc\/(\d+)\/stat$/.exec(path)?.[1]
      if (number !== undefined) return stat(Number(number))
      switch (path) {
        case "/proc/self/stat":
          return stat(pid)
        case "/proc/self/status":
          return `Name:\tnode\nNSpid:\t${pid}\nThreads:\t11\n`
        case "/proc/self/ns/pid":
          return `pid:[${namespace}]`
        case "/proc/sys/kernel/random/boot_id":
          return "boot-1\n"
        case "/proc/sys/kernel/hostname":
          return `host-${namespace}\n`
        default:
          return undefined
      }
    }
  }
}
