internal import Glibc

/// A name or an address that a certificate is for.
package enum CertificateSubject: Hashable, Sendable, CustomStringConvertible {
    case name(String)
    case address(String)

    /// Nil where the text is neither. A name may begin with `*.`.
    package init?(_ text: String) {
        let text = text.lowercased()
        if let address = Self.compact(address: text) {
            self = .address(address)
        } else {
            let labels = (text.hasPrefix("*.") ? text.dropFirst(2) : text[...]).split(
                separator: ".", omittingEmptySubsequences: false)
            guard text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else { return nil }
            // `10.0.0.300` is a mistake, no name.
            guard labels.last?.allSatisfy(\.isNumber) == false else { return nil }
            self = .name(text)
        }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// An address as people write it (RFC 5952): `fd00::1`, not `fd00:0:0:0:0:0:0:1`. Nil where it is none.
    static func compact(address text: String) -> String? {
        var (bytes, words) = ([UInt8](repeating: 0, count: 16), [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN)))
        for family in [AF_INET, AF_INET6] where inet_pton(family, text, &bytes) == 1 {
            guard inet_ntop(family, bytes, &words, socklen_t(words.count)) != nil else { return nil }
            return String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return nil
    }

    var hostName: String? { if case .name(let name) = self { name } else { nil } }

    package var description: String {
        switch self {
        case .name(let text), .address(let text): text
        }
    }

    /// What this machine is called and can be reached at: its name, alone and with `.local`, and its addresses.
    package static var ofMachine: [CertificateSubject] {
        let short = HostName.short
        let names = [HostName.whole, short, "\(short).local", "localhost"].compactMap(CertificateSubject.init)
        var seen: Set<CertificateSubject> = []
        return (names + ownAddresses).filter { seen.insert($0).inserted }
    }

    /// Loopback first; not those that an interface has given to itself (fe80::), and not those that it has for a day or so
    /// (RFC 8981): a certificate is for longer.
    package static var ownAddresses: [CertificateSubject] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found = [CertificateSubject.address("127.0.0.1"), .address("::1")]
        let passing = passingAddresses(in: interfaces)
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard family == AF_INET || family == AF_INET6 else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            // A link's own has the interface behind it, `fe80::1%eth0`, and is no address then.
            guard let subject = CertificateSubject(name), !passing.contains(subject) else { continue }
            found.append(subject)
        }
        return found
    }

    /// What the kernel lists of IPv6 addresses; empty where it has none.
    private static var interfaces: String {
        guard let file = fopen("/proc/net/if_inet6", "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        return String(decoding: bytes.prefix(fread(&bytes, 1, bytes.count, file)), as: UTF8.self)
    }

    /// The addresses of that list that will not last: a link's own, temporary ones and those that are deprecated.
    ///
    /// Each line has the address without colons, the interface's number, the prefix, the scope and the flags, in hexadecimal.
    static func passingAddresses(in list: String) -> Set<CertificateSubject> {
        var found: Set<CertificateSubject> = []
        for line in list.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 5, fields[0].utf8.count == 32, let scope = UInt32(fields[3], radix: 16),
                let flags = UInt32(fields[4], radix: 16), scope == linkScope || flags & (temporary | deprecated) != 0
            else { continue }
            let groups = stride(from: 0, to: 32, by: 4).map { fields[0].dropFirst($0).prefix(4) }
            if let subject = CertificateSubject(groups.joined(separator: ":")) { found.insert(subject) }
        }
        return found
    }

    /// IPV6_ADDR_LINKLOCAL, IFA_F_TEMPORARY and IFA_F_DEPRECATED.
    private static let (linkScope, temporary, deprecated): (UInt32, UInt32, UInt32) = (0x20, 0x01, 0x20)
}
