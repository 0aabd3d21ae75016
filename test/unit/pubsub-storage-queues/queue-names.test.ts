import fc from 'fast-check';
import {
  asPrefix,
  checkName,
  DEFAULT_PREFIX,
  membershipBlob,
  parseMembershipBlob,
  queueName,
  topicFolder,
} from '../../../packages/pubsub-storage-queues/src/queue-names';

const ROLES = ['group', 'poison', 'waiting'] as const;
// Code points without surrogates: names of topics come as UTF-8.
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
const prefix = fc.constantFrom(DEFAULT_PREFIX, 'abc', 'a1-b2', 'x'.repeat(30));

describe('names of queues', () => {
  test('are names that the service takes, whatever topic and group are called', () => {
    fc.assert(
      fc.property(prefix, fc.constantFrom(...ROLES), name, name, (first, role, topic, group) => {
        const queue = queueName(first, role, topic, group);
        expect(queue.length).toBeLessThanOrEqual(63);
        expect(queue).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(queue.startsWith(`${first}-`)).toBe(true);
      }),
    );
  });

  test('differ for different topics, groups and roles', () => {
    const pairs = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a-b', 'c'],
      ['a.b', 'c'],
      ['A', 'bc'],
      ['a', 'bC'],
    ] as const;
    const names = pairs.flatMap(([topic, group]) => ROLES.map((role) => queueName('abc', role, topic, group)));
    expect(new Set(names).size).toBe(names.length);
  });

  test('can be read', () => {
    expect(queueName(DEFAULT_PREFIX, 'group', 'contactsheet.runs', 'contactsheet')).toMatch(
      /^contactsheet-pubsub-contactsheet-runs-contact[a-z]*-[0-9a-f]{16}$/,
    );
  });

  test.each(['', 'ab', 'Abc', '-abc', 'abc-', 'a--b', 'x'.repeat(31), 'a.b'])('refuse the prefix "%s"', (value) => {
    expect(() => asPrefix(value)).toThrow('lower case letters');
  });
});

describe('names of memberships', () => {
  test('lead back to topic and group', () => {
    fc.assert(
      fc.property(name, name, (topic, group) => {
        const blob = membershipBlob({ topic: topic, group: group });
        expect(blob.startsWith(topicFolder(topic))).toBe(true);
        expect(parseMembershipBlob(blob)).toEqual({ topic: topic, group: group });
      }),
    );
  });

  test('fit a blob name at the longest', () => {
    const longest = 'x'.repeat(256);
    expect(() => checkName('topic', longest)).not.toThrow();
    expect(membershipBlob({ topic: longest, group: longest }).length).toBeLessThan(1_024);
    expect(() => checkName('topic', `${longest}x`)).toThrow(RangeError);
    expect(() => checkName('group', '')).toThrow(RangeError);
  });

  test.each(['groups/a', 'claims/a/b', 'groups/a/b/c', 'groups/a%/b'])('leave %s to others', (blob) => {
    expect(parseMembershipBlob(blob)).toBeUndefined();
  });
});
