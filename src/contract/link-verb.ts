/** What a code in a management link opens: one verb of one run; `operator`: what touches more than one run. */
export type LinkVerb =
  | 'status'
  | 'raiseEvent'
  | 'terminate'
  | 'rewind'
  | 'purge'
  | 'restart'
  | 'suspend'
  | 'resume'
  | 'operator';
