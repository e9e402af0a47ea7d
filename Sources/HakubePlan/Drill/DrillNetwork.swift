// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The host's network away, and back: on the interface with the host's cluster address every packet is dropped in both
/// directions, without a word to the sender, apart from those of sshd's port.
///
/// Not by taking the interface down: that takes routes and addresses with it, which nobody but the host's own network
/// configuration can put back, and the connection that is to put them back. The packet filter's rules are taken out as they
/// were put in, and a restart loses them. nftables is used where its program is there: a table of its own is in force in one
/// instant, before connection tracking, and whatever other tables accept. iptables is used otherwise, which Kubernetes itself needs
/// on hosts that have no nft.
///
/// ARP for the host's own address and for the one that sshd was reached by stays, or sshd could not be reached for long; ARP for
/// all others that it has goes, since an address that has moved to another host must not be answered for by a host that is cut
/// off. Nor may that host announce it: keepalived and kube-vip write such frames to packet sockets, past the filter's own
/// hooks, and only the one where frames leave the interface sees them (Linux 5.16, nft 1.0.1).
struct DrillNetwork {
    let target: Host

    private static let chain = "HAKUBE-DRILL"
    private static let table = "hakube_drill"

    private var address: String { target.address.description }
    private var isIPv6: Bool { target.address.family == .v6 }
    private var ownTables: String { isIPv6 ? "ip6tables" : "iptables" }
    private var otherTables: String { isIPv6 ? "iptables" : "ip6tables" }

    /// A function `filter` that finds what the rules need: `device`, `port`, `tool`; in `said` what is missing.
    static func finding(_ target: Host) -> String {
        """
        filter() {
            set -- $(ip -o address show to \(target.address) 2>/dev/null)
            device=${2%%@*}
            case $device in
                '') said='no interface has the address \(target.address)'; return 1 ;;
                lo) said='the address \(target.address) is on the loopback interface'; return 1 ;;
            esac
            # sudo clears the environment: one of the processes that led here has it still.
            process=$$ port='' reached=''
            while [ "${process:-0}" -gt 1 ] && [ -z "$port" ]; do
                set -- $(tr '\\0' '\\n' <"/proc/$process/environ" 2>/dev/null | sed -n 's/^SSH_CONNECTION=//p')
                reached=${3:-} port=${4:-}
                process=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$process/status" 2>/dev/null)
            done
            [ -n "$port" ] || { said='the port of sshd cannot be told'; return 1; }
            # ARP knows no IPv6.
            case $reached in '' | *:*) reached=\(target.address) ;; esac
            if command -v nft >/dev/null; then tool=nft
            elif command -v iptables >/dev/null && command -v ip6tables >/dev/null; then tool=iptables
            else said='neither nft nor iptables is there to drop packets with'; return 1
            fi
        }
        """
    }

    /// Shell text that leaves in `said` why a host that is cut off could still announce an address; after `filter`.
    static func silence(_ target: Host) -> String {
        let words = "a host that is cut off could still announce the address of the endpoint and draw its clients"
        guard target.address.family == .v4 else { return "said='\(words), over IPv6 always'" }
        return """
            \(announcing(target))
            { [ "$tool" = nft ] && announcing_with_nft -c >/dev/null 2>&1; } ||
                said='\(words): only nft 1.0.1 and Linux 5.16 or newer keep that back'
            """
    }

    private static func announcing(_ target: Host) -> String {
        """
        announcing_with_nft() {
            nft "$@" -f - <<HAKUBE_NFT
        table netdev \(table) {
            chain out {
                type filter hook egress device "$device" priority 0;
                arp saddr ip \(target.address) accept
                arp saddr ip $reached accept
                ether type 0x0806 drop
            }
        }
        HAKUBE_NFT
        }
        """
    }

    var stopping: String {
        """
        \(Self.finding(target))
        \(isIPv6 ? "" : Self.announcing(target))
        with_nft() {
            nft -f - <<HAKUBE_NFT
        table inet \(Self.table) {
            chain in { type filter hook prerouting priority -400; iifname != "$device" accept; goto drop_all; }
            chain out { type filter hook postrouting priority -400; oifname != "$device" accept; goto drop_all; }
            chain drop_all {
                tcp sport $port accept
                tcp dport $port accept
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                drop
            }
        }
        HAKUBE_NFT
        }
        arp_with_nft() {
            nft -f - <<HAKUBE_NFT
        table arp \(Self.table) {
            chain in {
                type filter hook input priority 0;
                iifname != "$device" accept
                arp daddr ip \(address) accept
                arp daddr ip $reached accept
                drop
            }
            chain out {
                type filter hook output priority 0;
                oifname != "$device" accept
                arp saddr ip \(address) accept
                arp saddr ip $reached accept
                drop
            }
        }
        HAKUBE_NFT
        }
        with_iptables() {
            # Ahead of connection tracking on the way in: rules that accept what is known already come later.
            $1 -w 5 -t raw -N \(Self.chain) && $1 -w 5 -t mangle -N \(Self.chain) || return 1
            for table in raw mangle; do
                for side in sport dport; do
                    $1 -w 5 -t $table -A \(Self.chain) -p tcp --$side "$port" -j ACCEPT || return 1
                done
                [ $1 = iptables ] || for kind in neighbour-solicitation neighbour-advertisement; do
                    $1 -w 5 -t $table -A \(Self.chain) -p icmpv6 --icmpv6-type $kind -j ACCEPT || return 1
                done
                $1 -w 5 -t $table -A \(Self.chain) -j DROP || return 1
            done
        }
        into_iptables() {
            $1 -w 5 -t raw -I PREROUTING -i "$device" -j \(Self.chain) &&
                $1 -w 5 -t mangle -I POSTROUTING -o "$device" -j \(Self.chain)
        }
        arp_with_arptables() {
            for arp in arptables arptables-nft; do
                command -v $arp >/dev/null || continue
                for side in INPUT OUTPUT; do
                    $arp -N \(Self.chain)-$side || continue
                    [ $side = INPUT ] && own=-d || own=-s
                    for kept in \(address) "$reached"; do $arp -A \(Self.chain)-$side $own "$kept" -j ACCEPT; done
                    $arp -A \(Self.chain)-$side -j DROP
                done
                $arp -I INPUT -i "$device" -j \(Self.chain)-INPUT
                $arp -I OUTPUT -o "$device" -j \(Self.chain)-OUTPUT
                break
            done
        }
        stop() {
            filter || return 1
            stopped=yes
            if [ $tool = nft ]; then
                \(isIPv6 ? ":" : "arp_with_nft >/dev/null 2>&1; announcing_with_nft >/dev/null 2>&1")
                now=$(date +%s%N)
                said=$(with_nft 2>&1) || return 1
            else
                \(isIPv6 ? ":" : "arp_with_arptables >/dev/null 2>&1 </dev/null")
                # The other family may be off in the kernel; the cluster's own may not.
                with_iptables \(otherTables) >/dev/null 2>&1 </dev/null && other=\(otherTables) || other=''
                said=$(with_iptables \(ownTables) 2>&1 </dev/null) || return 1
                now=$(date +%s%N)
                said=$(into_iptables \(ownTables) 2>&1 </dev/null) || return 1
                [ -z "$other" ] || into_iptables $other >/dev/null 2>&1 </dev/null
            fi
            echo "stopped $now"
        }
        """
    }

    var restoring: String {
        """
        device=$(ip -o address show to \(address) 2>/dev/null | { read -r number name rest; echo "${name%%@*}"; })
        if command -v nft >/dev/null; then
            for family in inet arp netdev; do
                nft delete table $family \(Self.table) 2>/dev/null
                ! nft list table $family \(Self.table) >/dev/null 2>&1 || { echo 'the rules cannot be taken out'; exit 1; }
            done
        fi
        for tables in iptables ip6tables; do
            command -v $tables >/dev/null || continue
            $tables -w 5 -t raw -S \(Self.chain) >/dev/null 2>&1 || $tables -w 5 -t mangle -S \(Self.chain) >/dev/null 2>&1 || continue
            $tables -w 5 -t raw -D PREROUTING -i "$device" -j \(Self.chain) 2>/dev/null
            $tables -w 5 -t mangle -D POSTROUTING -o "$device" -j \(Self.chain) 2>/dev/null
            for table in raw mangle; do
                $tables -w 5 -t $table -F \(Self.chain) 2>/dev/null
                $tables -w 5 -t $table -X \(Self.chain) 2>/dev/null
                ! $tables -w 5 -t $table -S \(Self.chain) >/dev/null 2>&1 || { echo 'the rules cannot be taken out'; exit 1; }
            done
        done
        for arp in arptables arptables-nft; do
            command -v $arp >/dev/null || continue
            while $arp -D INPUT -i "$device" -j \(Self.chain)-INPUT 2>/dev/null; do :; done
            while $arp -D OUTPUT -o "$device" -j \(Self.chain)-OUTPUT 2>/dev/null; do :; done
            for side in INPUT OUTPUT; do for act in F X; do $arp -$act \(Self.chain)-$side 2>/dev/null; done; done
            break
        done
        :
        """
    }
}
