import fc from 'fast-check'

// fast-check draws a dozen items at most, whatever the limit that a property names: what begins
// beyond, such as the sort of long lists, would never be reached.
fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true })
