/** Lists of calls in which every change takes constant time. */

/** A call between its `enter` and its `leave`. */
export interface Call {
  readonly id: number
  /** It stays until the hold clock shows this. */
  readonly deadline: number
  /** When its request was sent. */
  sentAt: number
  /** The list that it is in; `undefined` once its request was given up as lost. */
  list: CallList | undefined
  previous: Call | undefined
  next: Call | undefined
}

export class CallList {
  first: Call | undefined = undefined
  last: Call | undefined = undefined
  size = 0

  append(call: Call): void {
    call.list = this
    call.previous = this.last
    if (this.last === undefined) this.first = call
    else this.last.next = call
    this.last = call
    this.size += 1
  }

  remove(call: Call): void {
    if (call.previous === undefined) this.first = call.next
    else call.previous.next = call.next
    if (call.next === undefined) this.last = call.previous
    else call.next.previous = call.previous
    call.list = undefined
    call.previous = undefined
    call.next = undefined
    this.size -= 1
  }
}
