import Foundation
package import Komoku
import Synchronization

/// Bodies that are run with many seeds, to find input that does harm. What traps ends the whole process: then the seeds at
/// work are told on standard error, as `fuzz: NAME seed 17`, and `KOMOKU_SEED=17` runs only that one.
///
/// `KOMOKU_SOAK` is how many seeds there are instead of the usual ones.
package enum Fuzz {
    package static func run(_ name: StaticString, seeds usual: Int, _ body: (inout FuzzSource) throws -> Void) rethrows
    {
        _ = installed
        let slot = claim(name)
        defer { slots[slot].name = nil }
        let environment = ProcessInfo.processInfo.environment
        let one = environment["KOMOKU_SEED"].flatMap { UInt64($0) }
        let count = UInt64(max(1, environment["KOMOKU_SOAK"].flatMap { Int($0) } ?? usual))
        for seed in one.map({ $0...$0 }) ?? 1...count {
            slots[slot].seed = seed
            var source = FuzzSource(seed: seed)
            do {
                try body(&source)
            } catch {
                tell(slots[slot])
                throw error
            }
        }
    }

    // MARK: Telling

    private struct Slot {
        var name: StaticString?
        var seed: UInt64 = 0
    }

    /// One for each body at work; read by the signal handler.
    private nonisolated(unsafe) static let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: 64)
    private static let lock = Mutex(())

    private static func claim(_ name: StaticString) -> Int {
        lock.withLock { _ in
            let slot = slots.firstIndex { $0.name == nil } ?? 0
            slots[slot].name = name
            return slot
        }
    }

    private static let installed: Void = {
        slots.initialize(repeating: Slot())
        for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            _ = Foundation.signal(signal) { signal in
                for slot in Fuzz.slots where slot.name != nil { Fuzz.tell(slot) }
                _ = Foundation.signal(signal, SIG_DFL)
                raise(signal)
            }
        }
    }()

    /// Allocates nothing.
    private static func tell(_ slot: Slot) {
        guard let name = slot.name else { return }
        write("fuzz: ")
        _ = Foundation.write(2, name.utf8Start, name.utf8CodeUnitCount)
        write(" seed ")
        var divisor: UInt64 = 1
        while slot.seed / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            var digit = UInt8(ascii: "0") + UInt8(slot.seed / divisor % 10)
            _ = Foundation.write(2, &digit, 1)
            divisor /= 10
        }
        write("\n")
    }

    private static func write(_ text: StaticString) {
        _ = Foundation.write(2, text.utf8Start, text.utf8CodeUnitCount)
    }
}

/// Where the input of one seed comes from: numbers at the edges, texts and documents of every shape.
package struct FuzzSource {
    package var random: SplitMix
    private var mayGrow = true

    package init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    package mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    package mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
    package mutating func pick<T>(_ some: [T]) -> T { some[below(some.count)] }

    // MARK: Numbers

    package static let numbers = [
        "0", "1", "-1", "2", "3", "-2", "5", "7", "10", "31", "32", "63", "64", "65", "100", "127", "128", "255", "256",
        "999", "1000", "4096", "65535", "65536", "100000", "2147483647", "2147483648", "-2147483648", "-2147483649",
        "4294967295", "4294967296", "9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775806",
        "9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "0.5",
        "-0.5",
        "-0.0", "1e9", "1e15", "1e18", "1e19", "-1e19", "1e22", "1e23", "1e300", "1.7976931348623157e308", "1e308",
        "-1e308", "1e309", "-1e400", "5e-324", "1e-400", "0.1", "21.5", "253402300799", "253402300800", "-62135596800",
        "8640000000000", "8640000000001",
    ]

    package mutating func number() -> String { pick(Self.numbers) }

    /// One that JSON and a double have.
    package mutating func double() -> Double {
        let number = Double(number()) ?? 0
        return number.isFinite ? number : .greatestFiniteMagnitude
    }

    // MARK: Texts

    package static let texts = [
        "", " ", "a", "ON", "OFF", "on", "true", "null", "None", "nan", "inf", "-", "+", ".", "..", "/", "//", "#",
        "+/#",
        "$SYS", "{", "}", "{{", "}}", "{%", "%}", "{1}", "{path}", "\"", "'", "\\", "\0", "\n", "\u{7F}", "ä", "é",
        "e\u{301}",
        "👩‍👩‍👧‍👦", "\u{FFFD}", "\u{202E}", "ß", "İ", "0x10", "1_000", "007", "1,5", "12:34:56", "2026-03-14T08:00:05",
        "2026-03-14T08:00:05+01:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0000-00-00", "PT310H", "1:2:3",
        "-5:5", "5:-5", "0-3", "3-0", "0-9223372036854775807", "#ff0000", "255,255,255", "a,b,c",
    ]

    package mutating func text() -> String {
        switch below(8) {
        case 0: return number()
        case 1: return String(repeating: pick(Self.texts), count: pick([2, 16, 255, 256, 1025]))
        case 2: return pick(Self.texts) + pick(Self.texts)
        default: return pick(Self.texts)
        }
    }

    // MARK: Documents

    /// A document of any shape.
    package mutating func json(depth: Int = 3) -> JSON {
        switch below(depth > 0 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(chance(2))
        case 2, 3: return .number(double())
        case 4, 5: return .string(text())
        case 6: return .array((0..<below(5)).map { _ in json(depth: depth - 1) })
        case 7: return .object((0..<below(5)).map { _ in JSON.Member(text(), json(depth: depth - 1)) })
        default:
            let count = pick([8, 60, 70, 300])
            return (0..<count).reduce(JSON.number(1)) { json, _ in .array([json]) }
        }
    }

    /// The document with some of its parts changed: numbers at the edges, other types, parts left out, doubled, nested.
    package mutating func mutant(of json: JSON, changing one: Int = 8) -> JSON {
        mayGrow = true
        return changed(json, one)
    }

    private mutating func changed(_ json: JSON, _ one: Int) -> JSON {
        if chance(one) { return replacement(of: json) }
        switch json {
        case .array(var items):
            if chance(one), !items.isEmpty { items.append(pick(items)) }
            if chance(2 * one), !items.isEmpty { items.remove(at: below(items.count)) }
            if mayGrow, chance(8 * one), let item = items.first {
                // Once a document: copies of copies would fill the memory.
                mayGrow = false
                items += Array(repeating: item, count: pick([33, 65, 600]))
            }
            return .array(items.map { changed($0, one) })
        case .object(var members):
            if chance(one), !members.isEmpty { members.append(pick(members)) }
            if chance(2 * one), !members.isEmpty { members.remove(at: below(members.count)) }
            if chance(4 * one) { members.append(JSON.Member(text(), self.json())) }
            return .object(
                members.map { JSON.Member(chance(8 * one) ? text() : $0.name, changed($0.value, one)) })
        default: return json
        }
    }

    private mutating func replacement(of json: JSON) -> JSON {
        switch json {
        case .number where !chance(4): .number(double())
        case .string where !chance(4): .string(text())
        case .bool where !chance(3): .bool(chance(2))
        default: self.json()
        }
    }

    /// The bytes with some of them damaged.
    package mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let index = below(bytes.count)
        switch below(6) {
        case 0: bytes[index] = UInt8(below(256))
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(pick(Array("{}[]\",:0-+.eE%/|#'\\ \n".utf8)), at: index)
        case 3: bytes.removeSubrange(index...)
        case 4: bytes.insert(contentsOf: Array(number().utf8), at: index)
        default:
            let end = min(bytes.count, index + 1 + below(20))
            bytes.insert(contentsOf: bytes[index..<end], at: below(bytes.count + 1))
        }
    }
}
