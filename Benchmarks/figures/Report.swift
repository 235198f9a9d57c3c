import Glibc
import Komoku

/// Prints figures as one line of JSON.
package func report(_ name: String, _ figures: KeyValuePairs<String, Double>) {
    var bytes: [UInt8] = []
    let members = figures.map { JSON.Member($0.key, $0.value.isFinite ? .number(rounded($0.value)) : .null) }
    JSON.object([JSON.Member("name", .string(name))] + members).write(into: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

/// Six significant digits or so.
private func rounded(_ number: Double) -> Double {
    number.magnitude >= 1000 ? number.rounded() : (number * 1e6).rounded() / 1e6
}

/// Seconds that work takes.
package func seconds<Result>(_ work: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
    let start = ContinuousClock.now
    let result = try work()
    return ((ContinuousClock.now - start) / .seconds(1), result)
}

/// The first, the median and the shortest time of some runs, in milliseconds.
package struct Timing {
    package let first: Double
    package let median: Double
    package let least: Double

    package init(runs: Int, _ work: () throws -> Void) rethrows {
        var times: [Double] = []
        for _ in 0..<runs { times.append(try seconds(work).seconds * 1000) }
        first = times[0]
        times.sort()
        median = times[times.count / 2]
        least = times[0]
    }
}
