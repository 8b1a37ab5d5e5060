// Relying systems as the faces need them, by uuid and by code.
import type { RelyingSystemRow } from '../directory/tables.ts';
import type { SystemRecord } from '../x500/read_model.ts';

export class Systems {
  readonly #byUuid = new Map<string, SystemRecord>();
  readonly #byCode = new Map<string, SystemRecord>();

  byUuid(uuid: string): SystemRecord | undefined {
    return this.#byUuid.get(uuid);
  }

  byCode(code: string): SystemRecord | undefined {
    return this.#byCode.get(code);
  }

  put(row: RelyingSystemRow): void {
    const { uuid, code, classification, minimum_clearance, minimum_strength } = row;
    const { released_attributes, population, clearance_approved } = row;
    const system: SystemRecord = {
      ...{ uuid, code, classification, minimum_clearance, minimum_strength },
      ...{ released_attributes, population, clearance_approved },
    };
    this.remove(uuid);
    this.#byUuid.set(uuid, system);
    this.#byCode.set(code, system);
  }

  remove(uuid: string): void {
    const known = this.#byUuid.get(uuid);
    this.#byUuid.delete(uuid);
    if (known !== undefined && this.#byCode.get(known.code) === known) this.#byCode.delete(known.code);
  }
}
