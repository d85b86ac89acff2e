import type pg from 'pg'

/** What `pg` calls of a query of one's own, as far as it is used here. */
interface CopyingConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sync(): void
}

/** Sends rows by `copy … from stdin`, as text: fields between tabs, a line each. */
export function copyRows(client: pg.ClientBase, into: string, lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined
    // `pg` hands its connection to whatever is submitted, and calls it back by these names
    client.query({
      submit: (connection: pg.Connection) => {
        ;(connection as unknown as CopyingConnection).query(`copy ${into} from stdin`)
      },
      handleCopyInResponse: (connection: CopyingConnection) => {
        connection.sendCopyFromChunk(Buffer.from(lines))
        connection.endCopyFrom()
      },
      handleError: (error: Error) => {
        failure = error
        reject(error)
      },
      handleCommandComplete: () => {},
      handleReadyForQuery: () => {
        if (!failure) resolve()
      },
    } as unknown as pg.Submittable)
  })
}
