/// Stands where a series has no value at a step: a NaN that no calculation gives, the one that Prometheus marks staleness with.
package let absent = Double(bitPattern: 0x7FF0_0000_0000_0002)

extension Double {
    /// Whether there is no value; another NaN is one.
    package var isAbsent: Bool { bitPattern == absent.bitPattern }
}
