import { needsApproval, readApprovalAnswer, stricter } from '../../../src/domain/run/approval';
import { NO_LISTING, planText } from '../../../src/domain/money/quote';

const PLAN = {
  container: 'photos',
  prefix: '',
  images: { ...NO_LISTING, total: 3, new: 3, ineligible: { empty: 1, 'too-small': 2 } },
  features: ['Tags', 'Color'],
  analyzer: { provider: 'p', version: '3.2', language: 'en' },
};

test('equal plans have one text, whatever the order; every part of a plan changes it', () => {
  const text = planText(PLAN);
  const same = {
    ...PLAN,
    features: ['Color', 'Tags'],
    images: { ...PLAN.images, ineligible: { 'too-small': 2, empty: 1 } },
  };
  expect(planText(same)).toBe(text);
  const others = [
    { ...PLAN, container: 'other' },
    { ...PLAN, prefix: 'a' },
    { ...PLAN, features: ['Tags'] },
    { ...PLAN, analyzer: { ...PLAN.analyzer, version: '4.0' } },
    { ...PLAN, analyzer: { ...PLAN.analyzer, language: 'de' } },
    { ...PLAN, images: { ...PLAN.images, new: 2, changed: 1 } },
    { ...PLAN, images: { ...PLAN.images, missing: 1 } },
    { ...PLAN, images: { ...PLAN.images, ineligible: { empty: 2, 'too-small': 1 } } },
  ];
  expect(new Set([text, ...others.map(planText)]).size).toBe(others.length + 1);
});

test('of two rules the stricter asks whenever one of them would', () => {
  const rules = ['auto', 'always', { above: 0 }, { above: 5 }] as const;
  const plans = [0, 1, 6].flatMap((total) => [0, 1].map((transactions) => ({ transactions, price: { total } })));
  for (const [one, other] of rules.flatMap((rule) => rules.map((each) => [rule, each] as const))) {
    for (const plan of plans as unknown as Parameters<typeof needsApproval>[1][]) {
      const wouldOne = [one, other].some((rule) => needsApproval(rule, plan));
      expect([one, other, needsApproval(stricter(one, other), plan)]).toEqual([one, other, wouldOne]);
    }
  }
});

test('the payload of an event is an answer, or it is nothing', () => {
  expect(readApprovalAnswer({ approved: true, planHash: 'x', maxTransactions: 3, more: 'y' })).toEqual({
    approved: true,
    planHash: 'x',
    maxTransactions: 3,
  });
  expect(readApprovalAnswer({ approved: false, reason: 'r'.repeat(900), maxTransactions: -1 })).toEqual({
    approved: false,
    reason: 'r'.repeat(500),
  });
  for (const bad of [undefined, null, 'yes', true, [], {}, { approved: 'true' }]) {
    expect(readApprovalAnswer(bad)).toBeUndefined();
  }
});

test.each(['8', -1, 1.5, null, {}])(
  'consent to at most %j is no answer: not one without a maximum',
  (maxTransactions) => {
    expect(readApprovalAnswer({ approved: true, planHash: 'x', maxTransactions })).toBeUndefined();
  },
);
