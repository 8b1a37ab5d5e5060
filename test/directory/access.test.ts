// Who may act where, and who sees what: the whole matrix, and the ways round it that must not work.
import { expect } from 'chai';
import {
  type Action,
  mayLearnClearance,
  parseAccessPolicy,
  requireAction,
} from '../../src/directory/access.ts';
import { builtinIdentity } from '../../src/directory/builtin.ts';
import { anonymous } from '../../src/directory/identity.ts';
import { createVisibilities } from '../../src/directory/visibility.ts';
import { type ClearanceLevel, type Role, roles } from '../../src/directory/vocabulary.ts';
import { isOperationError } from '../../src/errors.ts';
import { accessPolicy, personWith } from './world.ts';

const bureau = '00000000-0000-4000-8000-00000000000a';
const branch = '00000000-0000-4000-8000-00000000000b';
const stranger = '00000000-0000-4000-8000-00000000000c';
/** As Transaction.organisationAncestors gives them: the organisation itself, then what is above. */
const above: Record<string, string[]> = {
  [bureau]: [bureau],
  [branch]: [branch, bureau],
  [stranger]: [stranger],
};

const mayDo: Record<Action, Role[]> = {
  'organisation.manage': ['directory_administrator'],
  'role.grant': ['system_administrator'],
  'post.manage': ['directory_administrator'],
  'person.manage': ['directory_administrator'],
  'account.manage': ['directory_administrator'],
  'account.reset': ['directory_administrator', 'help_desk'],
  'account.unlock': ['directory_administrator', 'help_desk'],
  'account.lock_out': [],
  'assignment.manage': ['directory_administrator'],
  'clearance.grant': ['clearance_officer'],
  'clearance.withdraw': ['clearance_officer'],
  'group.manage': ['directory_administrator', 'group_manager'],
  'relying_system.manage': ['system_administrator'],
  'certificate.issue': ['certificate_officer'],
  'certificate.revoke': ['certificate_officer'],
  'key.recover': ['certificate_officer'],
  'authority.manage': ['system_administrator'],
  'audit.read': ['auditor'],
  'directory.export': ['directory_administrator', 'auditor'],
};
const everyAction = Object.keys(mayDo) as Action[];

function allowed(identity: ReturnType<typeof personWith>, action: Action, scope: string | null): boolean {
  try {
    requireAction(identity, action, scope, accessPolicy, scope === null ? [] : (above[scope] ?? []));
    return true;
  } catch (error) {
    if (isOperationError(error, 'access_denied')) return false;
    throw error;
  }
}

describe('access: acts', () => {
  for (const role of roles) {
    it(`${role} over the whole government does its acts everywhere and no others`, () => {
      const identity = personWith([{ role, organisation: null, post: null }]);
      for (const action of everyAction)
        for (const scope of [null, bureau, branch, stranger])
          expect(allowed(identity, action, scope), action).to.equal(mayDo[action].includes(role));
    });

    it(`${role} over one bureau acts there and below, nowhere else`, () => {
      const identity = personWith([{ role, organisation: bureau, post: null }]);
      for (const action of everyAction) {
        const may = mayDo[action].includes(role);
        expect(allowed(identity, action, bureau), action).to.equal(may);
        expect(allowed(identity, action, branch), action).to.equal(may);
        expect(allowed(identity, action, stranger), action).to.equal(false);
        expect(allowed(identity, action, null), action).to.equal(false);
      }
    });
  }

  it('a grant over a branch does not reach its bureau', () => {
    const identity = personWith([{ role: 'directory_administrator', organisation: branch, post: null }]);
    expect(allowed(identity, 'person.manage', branch)).to.equal(true);
    expect(allowed(identity, 'person.manage', bureau)).to.equal(false);
  });

  it('nobody acts before proving who they are, whatever grants are claimed', () => {
    const grants = roles.map((role) => ({ role, organisation: null, post: null }));
    for (const action of everyAction) {
      expect(allowed(anonymous('ldap', null), action, bureau), action).to.equal(false);
      expect(allowed(personWith(grants, { strength: 'none' }), action, bureau), action).to.equal(false);
      expect(allowed(personWith(grants, { account: null }), action, bureau), action).to.equal(false);
      expect(allowed(personWith([]), action, bureau), action).to.equal(false);
    }
  });

  it('an auditor changes nothing', () => {
    const auditor = personWith([{ role: 'auditor', organisation: null, post: null }]);
    const acts = everyAction.filter((action) => allowed(auditor, action, bureau));
    expect(acts).to.deep.equal(['audit.read', 'directory.export']);
  });

  it('only a clearance officer sets clearances, and an administrator is none', () => {
    const administrator = personWith([
      { role: 'directory_administrator', organisation: null, post: null },
      { role: 'system_administrator', organisation: null, post: null },
    ]);
    expect(allowed(administrator, 'clearance.grant', bureau)).to.equal(false);
  });

  it('console and job do everything', () => {
    for (const name of ['console', 'job'] as const)
      for (const action of everyAction)
        expect(allowed(builtinIdentity(name), action, null), `${name} ${action}`).to.equal(true);
  });

  it('says which role over what is missing', () => {
    expect(() => requireAction(personWith([]), 'group.manage', null, accessPolicy, [])).to.throw(
      'access_denied: group.manage takes directory_administrator or group_manager over the whole government',
    );
  });
});

describe('access: views', () => {
  /** As the replica gives them, of the three organisations here. */
  const organisationsUnder = (tops: readonly string[]) => ({
    has: (uuid: string) => (above[uuid] ?? []).some((one) => tops.includes(one)),
  });
  const visibilityOf = createVisibilities(accessPolicy, { anonymousReads: false, organisationsUnder });
  const system = {
    uuid: '00000000-0000-4000-8000-0000000000f1',
    population: null,
    clearance_approved: false,
    classification: 'CONFIDENTIAL' as ClearanceLevel,
    released_attributes: [] as string[],
  };
  const service = personWith([], { kind: 'service', person: null, relyingSystem: system.uuid });

  it('anonymous sees nothing, and the address book where a setting says so', () => {
    const nothing = visibilityOf(anonymous('ldap', null));
    expect(nothing.kinds.size).to.equal(0);
    expect(nothing.attributes).to.deep.equal(new Set());
    const open = createVisibilities(accessPolicy, { anonymousReads: true, organisationsUnder })(
      anonymous('ldap', null),
    );
    expect(open.kinds.has('person')).to.equal(true);
    expect(open.attributes).to.include('mail').and.not.include('employeenumber');
  });

  it('a signed-in person reads the address book of all kinds, and more of themselves alone', () => {
    const view = visibilityOf(personWith([]));
    for (const kind of ['person', 'organisation', 'unit', 'post', 'group'] as const)
      expect(view.kinds.has(kind), kind).to.equal(true);
    expect(view.kinds.has('system')).to.equal(false);
    expect(view.population).to.equal(null);
    expect(view.attributes).to.include('cn').and.include('telephonenumber').and.include('usercertificate');
    for (const hidden of ['employeenumber', 'bauhiniaclearance', 'bauhiniaaccountstate', 'userpassword'])
      expect(view.attributes, hidden).to.not.include(hidden);
    expect(view.self).to.equal(personWith([]).person);
    expect(view.selfAttributes).to.include('employeenumber').and.include('bauhiniaclearance');
    expect(view.selfAttributes).to.not.include('userpassword');
  });

  it("one person's view names nobody else as self", () => {
    const another = '00000000-0000-4000-8000-00000000dddd';
    const one = visibilityOf(personWith([]));
    const other = visibilityOf(personWith([], { person: another }));
    expect(one).to.not.equal(other);
    expect(other.self).to.equal(another);
    expect(one.attributes).to.equal(other.attributes);
  });

  it('a relying system sees the address book, what is released to it and its population', () => {
    const view = visibilityOf(service, {
      ...system,
      population: [bureau],
      released_attributes: [
        'employeeNumber',
        'bauhiniaClearance',
        'userPassword',
        'bauhiniaClearanceCeiling',
      ],
    });
    expect(view.attributes).to.include('employeenumber').and.include('mail');
    // Neither an unapproved clearance nor what policy releases to no system, whatever the release names.
    for (const hidden of [
      'bauhiniaclearance',
      'userpassword',
      'bauhiniaclearanceceiling',
      'bauhiniaemploymentcategory',
    ])
      expect(view.attributes, hidden).to.not.include(hidden);
    expect(view.population).to.deep.equal(new Set([bureau]));
    // Values that name people are filtered one by one; a count cannot be.
    expect(view.attributes).to.not.include('numsubordinates');
    for (const name of ['member', 'memberuid', 'roleoccupant', 'memberof'])
      expect(view.attributes).to.include(name);
    expect(view.formerStaff).to.equal(false);
    expect(view.self).to.equal(null);
  });

  it('clearances go to approved systems only', () => {
    const approved = { ...system, clearance_approved: true };
    expect(visibilityOf(service, approved).attributes).to.include('bauhiniaclearance');
    expect(visibilityOf(service, system).attributes).to.not.include('bauhiniaclearance');
    // One value is shown to all, at most RESTRICTED: a system that handles less must not read it.
    const lesser = { ...approved, classification: 'NONE' as const };
    const restricted = { ...approved, classification: 'RESTRICTED' as const };
    expect(visibilityOf(service, restricted).attributes).to.include('bauhiniaclearance');
    expect(visibilityOf(service, approved).attributes).to.not.include('bauhiniarecordedclearance');
    expect(visibilityOf(service, lesser).attributes).to.not.include('bauhiniaclearance');
    expect(mayLearnClearance(approved)).to.equal(true);
    expect(mayLearnClearance(system)).to.equal(false);
  });

  it('a service account cannot borrow the view of another system, nor see anything without one', () => {
    const another = { ...system, uuid: '00000000-0000-4000-8000-0000000000f2', clearance_approved: true };
    expect(visibilityOf(service, another).kinds.size).to.equal(0);
    expect(visibilityOf(service).kinds.size).to.equal(0);
  });

  it('directory administrators and auditors see all attributes, clearance officers clearances, others not', () => {
    for (const role of roles) {
      const view = visibilityOf(personWith([{ role, organisation: null, post: null }]));
      const unbounded = role === 'directory_administrator' || role === 'auditor';
      expect(view.attributes === 'all', role).to.equal(unbounded);
      if (view.attributes !== 'all')
        expect(view.attributes.has('bauhiniaclearance'), role).to.equal(role === 'clearance_officer');
    }
    expect(visibilityOf(builtinIdentity('console')).attributes).to.equal('all');
  });

  it('a role over a part of the government opens nothing elsewhere', () => {
    const ordinary = visibilityOf(personWith([]));
    for (const role of roles) {
      const view = visibilityOf(personWith([{ role, organisation: bureau, post: null }]));
      expect(view.attributes, role).to.deep.equal(ordinary.attributes);
      expect(view.formerStaff, role).to.equal(false);
      const [scope, ...others] = view.scopes;
      expect(others).to.deep.equal([]);
      const opened = role === 'directory_administrator' || role === 'auditor' ? 'all' : scope?.attributes;
      expect(scope?.attributes, role).to.deep.equal(opened);
      if (role === 'clearance_officer')
        expect(scope?.attributes).to.deep.equal(new Set(['bauhiniaclearance', 'bauhiniarecordedclearance']));
      else expect(scope === undefined, role).to.equal(opened !== 'all');
      if (scope === undefined) continue;
      expect(scope.formerStaff).to.equal(opened === 'all');
      expect([bureau, branch, stranger].map((one) => scope.organisations.has(one))).to.deep.equal([
        ...[true, true, false],
      ]);
    }
  });

  it('several roles open each its own, and one over the whole government what it opens everywhere', () => {
    const view = visibilityOf(
      personWith([
        { role: 'clearance_officer', organisation: stranger, post: null },
        { role: 'auditor', organisation: branch, post: null },
        { role: 'directory_administrator', organisation: branch, post: null },
      ]),
    );
    const where = view.scopes.map(({ organisations }) =>
      [bureau, branch, stranger].filter((one) => organisations.has(one)),
    );
    expect(where).to.deep.equal([[branch], [stranger]]);
    const cleared = visibilityOf(
      personWith([
        { role: 'clearance_officer', organisation: null, post: null },
        { role: 'auditor', organisation: branch, post: null },
      ]),
    );
    expect(cleared.attributes).to.include('bauhiniaclearance').and.not.include('employeenumber');
    expect(cleared.scopes.map(({ attributes }) => attributes)).to.deep.equal(['all']);
  });

  it('the same view is the same object', () => {
    const grant = (role: Role, organisation: string) => ({ role, organisation, post: null });
    const [one, other] = [grant('auditor', bureau), grant('directory_administrator', stranger)];
    expect(visibilityOf(personWith([one, other]))).to.equal(
      visibilityOf(personWith([other, one, { ...one, post: branch }])),
    );
    expect(visibilityOf(personWith([one]))).to.not.equal(visibilityOf(personWith([other])));
    expect(visibilityOf(personWith([]))).to.equal(visibilityOf(personWith([], { strength: 'certificate' })));
    expect(visibilityOf(service, system)).to.equal(
      visibilityOf(service, { ...system, released_attributes: [] }),
    );
    const released = (...names: string[]) => visibilityOf(service, { ...system, released_attributes: names });
    expect(released('employeeNumber', 'employeeType')).to.equal(released('EmployeeType', 'employeenumber'));
    expect(released('employeeNumber')).to.not.equal(released('employeeType'));
    expect(visibilityOf(anonymous('ldap', null))).to.equal(visibilityOf(anonymous('oidc', '::1')));
  });
});

describe('access policy file', () => {
  const written = (): { actions: Record<string, unknown>; audiences: Record<string, unknown> } =>
    structuredClone(accessPolicy) as never;

  it('is refused with a word for each fault', () => {
    const faults: [(policy: ReturnType<typeof written>) => void, RegExp][] = [
      [(policy) => delete policy.actions['audit.read'], /actions\.audit\.read/],
      [(policy) => delete policy.audiences.self, /audiences\.self/],
      [(policy) => Object.assign(policy.actions, { 'audit.write': [] }), /audit\.write/],
      [(policy) => Object.assign(policy.actions, { 'audit.read': ['emperor'] }), /audit\.read/],
      [(policy) => Object.assign(policy.audiences, { self: ['not a name'] }), /audiences\.self/],
      [(policy) => Object.assign(policy.audiences, { self: ['MAIL'] }), /attribute mail stands twice/],
      [(policy) => Object.assign(policy, { extra: 1 }), /extra/],
    ];
    for (const [damage, message] of faults) {
      const policy = written();
      damage(policy);
      expect(() => parseAccessPolicy(policy))
        .to.throw(message)
        .with.property('code', 'configuration');
    }
    expect(() => parseAccessPolicy(null)).to.throw(/access policy/);
  });
});
