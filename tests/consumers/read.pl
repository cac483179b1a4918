# What TAP::Parser, which is what prove is built on, makes of each of the texts on standard input: JSON to JSON.
use strict;
use warnings;
use JSON::PP;
use TAP::Parser;

sub boolean { return $_[0] ? JSON::PP::true : JSON::PP::false }

sub point {
    my ($result) = @_;
    my $name = $result->description;
    $name =~ s/^- //;             # its descriptions begin with the dash,
    $name =~ s/\\([\\#])/$1/g;    # and keep the escapes
    return {
        ok     => boolean( $result->is_actual_ok ),
        number => 0 + $result->number,
        name   => $name,
        skip   => $result->has_skip ? $result->explanation : undef,
        todo   => $result->has_todo ? $result->explanation : undef,
    };
}

sub reading {
    my ($text) = @_;
    my $parser = TAP::Parser->new( { tap => $text } );
    my ( @points, @unknown, $bail_out );
    while ( my $result = $parser->next ) {
        if ( $result->is_test ) {
            push @points, point($result);
        }
        elsif ( $result->is_yaml ) {
            # That of a subtest's point comes here too; what belongs to a point at the top has two blanks before it.
            $points[-1]{diagnostics} = $result->data if @points && $result->raw =~ /^  ---/;
        }
        elsif ( $result->is_bailout ) {
            $bail_out = $result->explanation;
        }
        elsif ( $result->is_unknown && $result->raw =~ /^\S/ ) {
            push @unknown, $result->raw;    # what is indented may be a subtest, which it does not read
        }
    }
    return {
        program  => "Test::Harness $TAP::Parser::VERSION",
        passed   => boolean( !$parser->has_problems && !defined $bail_out ),
        version  => 0 + $parser->version,
        planned  => $parser->plan ? 0 + ( $parser->tests_planned // 0 ) : undef,
        skipped  => $parser->skip_all ? $parser->skip_all : undef,
        bail_out => $bail_out,
        points   => \@points,
        errors   => [ $parser->parse_errors, map {"not TAP: $_"} @unknown ],
    };
}

my $json  = JSON::PP->new->utf8;
my $texts = $json->decode( do { local $/; <STDIN> } );
print $json->encode( [ map { reading($_) } @$texts ] );
