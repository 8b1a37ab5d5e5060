// Measurements of the LDAP face. An operation costs a few additions; the registry reads the sums when it is asked.
import { Counter, Gauge, type Registry } from 'prom-client';
import { RESULT_CODE } from './result_code.ts';
import { RESPONSE_OF, type RequestOperation } from './wire/message.ts';

type Kind = RequestOperation['kind'];
export type ConnectionEnd =
  | 'refused'
  | 'crowded'
  | 'overdrawn'
  | 'idle'
  | 'stalled'
  | 'handshake'
  | 'protocol'
  | 'withdrawn';

const kinds = Object.keys(RESPONSE_OF) as Kind[];
const nameOfCode = new Map<number, string>(Object.entries(RESULT_CODE).map(([name, code]) => [code, name]));

export class LdapMetrics {
  readonly #operations = new Map<Kind, Map<number, number>>(kinds.map((kind) => [kind, new Map()]));
  readonly #milliseconds = new Map<Kind, number>(kinds.map((kind) => [kind, 0]));
  readonly #ends = new Map<ConnectionEnd, number>();
  #entries = 0;
  #opened = 0;
  #open = 0;

  constructor(registry: Registry) {
    const self = this;
    new Counter({
      name: 'bauhinia_ldap_operations_total',
      help: 'Answered LDAP operations by type and result',
      labelNames: ['operation', 'result'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [operation, results] of self.#operations)
          for (const [code, count] of results)
            this.inc({ operation, result: nameOfCode.get(code) ?? 'other' }, count);
      },
    });
    new Counter({
      name: 'bauhinia_ldap_operation_seconds_total',
      help: 'Seconds from the decoding of LDAP requests to their answers, summed by type',
      labelNames: ['operation'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [operation, sum] of self.#milliseconds) this.inc({ operation }, sum / 1000);
      },
    });
    new Counter({
      name: 'bauhinia_ldap_entries_total',
      help: 'Search result entries sent',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(self.#entries);
      },
    });
    new Counter({
      name: 'bauhinia_ldap_connections_total',
      help: 'LDAP connections accepted',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(self.#opened);
      },
    });
    new Counter({
      name: 'bauhinia_ldap_connections_ended_total',
      help: 'LDAP connections that this server ended, by reason',
      labelNames: ['reason'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [reason, count] of self.#ends) this.inc({ reason }, count);
      },
    });
    new Gauge({
      name: 'bauhinia_ldap_connections',
      help: 'LDAP connections open',
      registers: [registry],
      collect() {
        this.set(self.#open);
      },
    });
  }

  operation(kind: Kind, resultCode: number, milliseconds: number): void {
    const results = this.#operations.get(kind);
    results?.set(resultCode, (results.get(resultCode) ?? 0) + 1);
    this.#milliseconds.set(kind, (this.#milliseconds.get(kind) ?? 0) + milliseconds);
  }

  entries(count: number): void {
    this.#entries += count;
  }

  opened(): void {
    this.#opened += 1;
    this.#open += 1;
  }

  closed(): void {
    this.#open -= 1;
  }

  ended(reason: ConnectionEnd): void {
    this.#ends.set(reason, (this.#ends.get(reason) ?? 0) + 1);
  }
}
