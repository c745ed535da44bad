import { describe, expect, it } from 'vitest';
import { Applications, applicationsOf } from './applications.ts';
import { lruAnswers } from './lru.ts';

describe('Applications', () => {
  it('are told apart, each the same all the time', () => {
    const applications = new Applications();
    const [one, other] = [{}, {}];
    const ids = [one, other, one, other].map((application) => applications.idOf(application));
    expect(ids).toEqual([ids[0], ids[1], ids[0], ids[1]]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('are the same after a restart where there is one, or where they have names', () => {
    expect(new Applications().idOf({})).toBe(new Applications().idOf({}));
    const [shop, admin] = [{}, () => {}];
    const applications = new Applications();
    applications.expectNames({ shop, admin });
    expect([applications.idOf(shop), applications.idOf(admin)]).toEqual(['=shop', '=admin']);
    expect(applications.areSeveral).toBe(false);
  });

  it('have their names in one store alone', () => {
    const [shop, other] = [{}, {}];
    const applications = new Applications();
    applications.expectNames({ shop });
    new Applications().expectNames({ shop: other });
    expect(applications.idOf(other)).not.toBe(applications.idOf(shop));
  });

  it('have no part in what came over a restart once there is a second', () => {
    const applications = new Applications();
    const one = {};
    const before = applications.idOf(one);
    applications.expectOne();
    expect(applications.idOf(one)).toBe(before);
    const other = applications.idOf({});
    expect(applications.areSeveral).toBe(true);
    expect([applications.idOf(one), other]).not.toContain(before);
    expect(other).not.toBe(new Applications().idOf({}));
    expect(applications.idOf(one)).not.toBe(other);
  });

  it('have none either if the second was there before', () => {
    const applications = new Applications();
    const [one, other] = [{}, {}];
    const ids = [applications.idOf(one), applications.idOf(other)];
    applications.expectOne();
    for (const application of [one, other]) expect(ids).not.toContain(applications.idOf(application));
  });

  it('keep what they have of each other where nothing came over a restart', () => {
    const applications = new Applications();
    const one = {};
    const before = applications.idOf(one);
    applications.idOf({});
    expect(applications.idOf(one)).toBe(before);
  });

  it('that have no name are unknown after a restart where others have one', () => {
    const applications = new Applications();
    applications.expectNames({});
    expect(applications.idOf({})).not.toBe(new Applications().idOf({}));
  });

  it('that have no name keep none that has one from being known', () => {
    const applications = new Applications();
    const [one, other] = [{}, {}];
    applications.expectNames({});
    applications.expectOne();
    const ids = [one, other].map((application) => applications.idOf(application));
    expect(applications.areSeveral).toBe(false);
    expect([one, other].map((application) => applications.idOf(application))).toEqual(ids);
    expect(new Set(ids).size).toBe(2);
  });

  it('are those of one store', () => {
    const store = lruAnswers();
    expect(applicationsOf(store)).toBe(applicationsOf(store));
    expect(applicationsOf(store)).not.toBe(applicationsOf(lruAnswers()));
  });
});
