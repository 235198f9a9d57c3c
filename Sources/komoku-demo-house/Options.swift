/// What the command line asks for.
struct Options: Hashable, Sendable {
    /// The broker's, on this machine.
    var port: Int32 = 1883
    var seed: UInt64 = 1
    /// Simulated seconds in a second, 0.01...1000.
    var speed = 1.0

    /// Days of its past to be printed, instead of living; 0 is none.
    var pastDays = 0

    static let usage = """
        usage: komoku-demo-house [--port PORT] [--seed NUMBER] [--speed FACTOR]
               komoku-demo-house --past DAYS [--seed NUMBER]

        Publishes the traffic of a simulated house to the broker at 127.0.0.1; with --past it prints what the house did
        in the DAYS before now, in lines for 'komoku import -'.
        """

    struct Invalid: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// - Parameter arguments: without the program's name.
    init(parsing arguments: some Sequence<String>) throws(Invalid) {
        var rest = Array(arguments)[...]
        while let name = rest.popFirst() {
            guard let text = rest.popFirst() else { throw Invalid(description: "\(name) needs a value") }
            switch name {
            case "--port": port = try Self.number(text, of: name, in: 1...65_535)
            case "--seed": seed = try Self.number(text, of: name, in: 0...UInt64.max)
            case "--past": pastDays = try Self.number(text, of: name, in: 1...3650)
            case "--speed": speed = try Self.number(text, of: name, in: 0.01...1_000)
            default: throw Invalid(description: "unknown option \(name)")
            }
        }
    }

    private static func number<Number: LosslessStringConvertible & Comparable>(
        _ text: String, of name: String, in range: ClosedRange<Number>
    ) throws(Invalid) -> Number {
        guard let number = Number(text), range.contains(number) else {
            throw Invalid(
                description: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }
}
