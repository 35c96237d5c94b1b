import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/edge-path/manual-clock.ts";
import { decisionRecord } from "../../test/stack/decision-record.ts";
import { ServiceError } from "../errors.ts";
import type { LogFields } from "../log.ts";
import { consumeUsage } from "./consumer.ts";
import type { DecisionRecord } from "./decision-record.ts";
import { QueueSink } from "./queue-sink.ts";
import { sleep, type Sleep } from "../sleep.ts";

type Refuse = (records: readonly DecisionRecord[]) => Error | null;

function database(refuse: Refuse = () => null) {
  const appended: string[][] = [];
  const query = <T>(_text: string, [records]: readonly unknown[]): Promise<T[]> => {
    const given = JSON.parse(records as string) as DecisionRecord[];
    appended.push(given.map(({ id }) => id));
    const error = refuse(given);
    return error === null ? Promise.resolve([]) : Promise.reject(error);
  };
  return { appended, edge: { query } };
}

/** Delivers messages and says what became of each. */
async function deliver(bodies: readonly unknown[], refuse?: Refuse, attempts = 1) {
  const { appended, edge } = database(refuse);
  const fates: string[] = bodies.map(() => "forgotten");
  const logged: LogFields[] = [];
  const messages = bodies.map((body, index) => ({
    id: `msg_${index}`,
    body,
    attempts,
    ack: () => {
      fates[index] = "ack";
    },
    retry: (options?: { delaySeconds?: number }) => {
      fates[index] = `retry ${options?.delaySeconds ?? 0}`;
    },
  }));
  const log = (_level: string, event: string, fields: LogFields = {}): void => void logged.push({ event, ...fields });
  await consumeUsage({ db: { edge }, log, sleep }, { messages });
  return { appended, fates, logged };
}

const records = (...ids: string[]): DecisionRecord[] => ids.map((id) => decisionRecord({ id }));
const unavailable = () => new ServiceError({ code: "service_unavailable" });

describe("a batch of receipts", () => {
  it("is appended in one call and acknowledged message by message", async () => {
    const { appended, fates } = await deliver(records("a", "b", "c"));
    expect(appended).toEqual([["a", "b", "c"]]);
    expect(fates).toEqual(["ack", "ack", "ack"]);
  });

  it("is not held up by a message that is no receipt, and says nothing of that but its id", async () => {
    const secret = { id: "x", prompt: "secret" };
    const { appended, fates, logged } = await deliver([...records("a"), secret, null, "text", ...records("b")]);
    expect(appended).toEqual([["a", "b"]]);
    expect(fates).toEqual(["ack", "retry 2", "retry 2", "retry 2", "ack"]);
    expect(logged.map(({ message_id }) => message_id)).toEqual(["msg_1", "msg_2", "msg_3"]);
    expect(JSON.stringify(logged)).not.toContain("secret");
  });

  it("is not held up by one receipt that the database refuses", async () => {
    const refuse: Refuse = (given) => (given.some(({ id }) => id === "bad") ? new Error("secret text") : null);
    const { fates, logged } = await deliver(records("a", "b", "bad", "c", "d"), refuse);
    expect(fates).toEqual(["ack", "ack", "retry 2", "ack", "ack"]);
    expect(logged).toEqual([{ event: "decision_not_appended", message_id: "msg_2", attempts: 1, reason: "Error" }]);
  });

  it("is asked for again as a whole, later and later, while the database is away", async () => {
    const { appended, fates } = await deliver(records("a", "b"), unavailable, 3);
    expect(appended).toHaveLength(1);
    expect(fates).toEqual(["retry 8", "retry 8"]);
    expect((await deliver(records("a"), unavailable, 60)).fates).toEqual(["retry 300"]);
  });

  it("of nothing asks the database nothing", async () => {
    expect((await deliver([])).appended).toEqual([]);
    expect((await deliver([null])).appended).toEqual([]);
  });
});

describe("the sink of a queue", () => {
  async function append(record: DecisionRecord, send: (record: unknown) => Promise<void>) {
    const { appended, edge } = database();
    const waits: number[] = [];
    // What can be stopped is a limit, not a wait.
    const wait: Sleep = (ms, signal) => {
      if (signal !== undefined) return sleep(ms, signal);
      waits.push(ms);
      return Promise.resolve();
    };
    await new QueueSink({ queue: { send }, db: edge, sleep: wait }).append(record);
    return { appended, waits };
  }

  it("sends what the consumer takes", async () => {
    const sent: unknown[] = [];
    const { appended } = await append(decisionRecord({ requested_model: "a\u0000" }), (record) => {
      sent.push(JSON.parse(JSON.stringify(record)));
      return Promise.resolve();
    });
    expect([(await deliver(sent)).fates, appended]).toEqual([["ack"], []]);
  });

  it("asks again when the queue does not take a receipt, and in the end goes past it", async () => {
    let asked = 0;
    const failing = (): Promise<void> => Promise.reject(new Error(`attempt ${String((asked += 1))}`));
    const { appended, waits } = await append(decisionRecord({ id: "a" }), failing);
    expect([asked, appended]).toEqual([3, [["a"]]]);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  });

  it("gives up on a database that says nothing, so that the log can tell", async () => {
    const clock = new ManualClock();
    const asked: (AbortSignal | undefined)[] = [];
    const query = <T>(_text: string, _values: readonly unknown[], options?: { signal?: AbortSignal }): Promise<T[]> => {
      asked.push(options?.signal);
      return new Promise(() => undefined);
    };
    const send = (): Promise<void> => Promise.reject(new Error("no such queue"));
    const appending = new QueueSink({ queue: { send }, db: { query }, sleep: clock.sleep }).append(decisionRecord({}));
    const failing = expect(appending).rejects.toMatchObject({ name: "TimeoutError" });
    await clock.advance(100 + 400 + 1_600 + 9_999);
    expect(asked.map((signal) => signal?.aborted)).toEqual([false]);
    await clock.advance(1);
    await failing;
    expect(asked.map((signal) => signal?.aborted)).toEqual([true]);
  });
});
