// Rules of assignments: who holds which post, as what, from when to when. Acting appointments and secondments are
// time-boxed; one assignment is primary and says where the person works.
import { OperationError } from '../errors.ts';
import { requirePeriod } from './field.ts';
import type { AssignmentRow } from './tables.ts';
import type { AssignmentKind } from './vocabulary.ts';

/** Kinds that must end on a day known when they begin. */
const timeBoxed = {
  substantive: false,
  acting: true,
  doubling_up: false,
  secondment: true,
} as const satisfies Record<AssignmentKind, boolean>;

interface Period {
  valid_from: Date;
  valid_to: Date | null;
}

/** Half-open periods: one that ends at the instant where the other begins does not overlap it. */
export function overlap(left: Period, right: Period): boolean {
  return (
    (left.valid_to === null || right.valid_from < left.valid_to) &&
    (right.valid_to === null || left.valid_from < right.valid_to)
  );
}

export function isCurrent(period: Period, now: Date): boolean {
  return period.valid_from <= now && (period.valid_to === null || period.valid_to > now);
}

/** Neither over nor past its end: goes on now or begins later. */
export function isOpen(period: Period, now: Date): boolean {
  return period.valid_to === null || period.valid_to > now;
}

/** Errors: invalid_value, naming valid_to. */
export function requireAssignmentPeriod(kind: AssignmentKind, from: Date, to: Date | null): void {
  requirePeriod(from, to);
  if (timeBoxed[kind] && to === null) {
    throw new OperationError('invalid_value', `valid_to is required: ${kind} is for a time`);
  }
}

/**
 * Whether the assignment may stand beside the others. Errors: already_exists, when the person holds the post in the
 * same way already or another holds it substantively.
 */
export function requireRoom(assignment: AssignmentRow, others: readonly AssignmentRow[]): void {
  for (const other of others) {
    if (other.uuid === assignment.uuid || other.post !== assignment.post || !overlap(other, assignment))
      continue;
    if (other.person === assignment.person) {
      throw new OperationError('already_exists', `post ${assignment.post} is held by the person already`);
    }
    if (other.kind === 'substantive' && assignment.kind === 'substantive') {
      throw new OperationError(
        'already_exists',
        `post ${assignment.post} has a substantive holder in that time`,
      );
    }
  }
}
